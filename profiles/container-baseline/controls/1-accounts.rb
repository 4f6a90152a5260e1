# frozen_string_literal: true

limits = { max_files: input('max_files'), max_walk_seconds: input('max_walk_seconds'), max_read_bytes: input('max_read_bytes'),
           max_total_bytes: input('max_total_bytes'), max_secret_file_bytes: input('max_secret_file_bytes') }

control 'container-1.1' do
  impact 0.9
  title 'Only root has user id 0'
  desc 'No other account than root may have the user id 0.'
  desc 'rationale', 'Whoever enters such an account is root, under a name that nobody watches.'
  desc 'check', 'Lists the accounts of /etc/passwd with user id 0.'
  desc 'fix', 'Remove the account from /etc/passwd, or give it a user id of its own.'
  tag severity: 'critical'
  tag nist: %w(AC-6 IA-2)
  describe image_accounts(limits).with_uid_zero do
    its('found') { should be_empty }
  end
end

control 'container-1.2' do
  impact 0.9
  title 'No account is open without a password'
  desc 'The password field of an account may not be empty, neither in /etc/passwd nor in /etc/shadow.'
  desc 'rationale', 'An empty field means that login, su and sshd let anybody in.'
  desc 'check', 'Looks at the second field of every line of both files.'
  desc 'fix', 'Lock the account: put ! or * into the field, or run passwd --lock when the image is built.'
  tag severity: 'critical'
  tag nist: %w(IA-5 AC-3)
  describe image_accounts(limits).without_password do
    its('found') { should be_empty }
  end
end

control 'container-1.3' do
  impact 0.7
  title 'No account has a password'
  desc 'No password hash is kept in the image. Accounts that need one are named in the input allowed_password_accounts.'
  desc 'rationale', 'Everybody who can pull the image can try passwords against the hash at leisure, and the password is the same in every container.'
  desc 'check', 'Looks for hashes, locked ones included, in /etc/passwd and /etc/shadow.'
  desc 'fix', 'Remove the hash; hand secrets to the container when it starts.'
  tag severity: 'high'
  tag nist: %w(IA-5)
  describe image_accounts(limits).with_password(input('allowed_password_accounts')) do
    its('found') { should be_empty }
  end
end

control 'container-1.4' do
  impact 0.5
  title 'Only known accounts have a login shell'
  desc 'Accounts other than those of the input allowed_shell_accounts (root by default) have a shell that refuses to log in.'
  desc 'rationale', 'An account for a service needs no shell; with one it is a way to log in and a better foothold after a break-in. That the image has no shell today does not help once one is mounted or copied in.'
  desc 'check', 'Reads the last field of every line of /etc/passwd. An empty field means /bin/sh.'
  desc 'fix', 'Set the shell to /usr/sbin/nologin or /bin/false, or name the account in the input.'
  tag severity: 'medium'
  tag nist: %w(AC-6 CM-7)
  describe image_accounts(limits).with_shell(input('allowed_shell_accounts')) do
    its('found') { should be_empty }
  end
end

control 'container-1.5' do
  impact 0.5
  title 'Names and ids of accounts are unique'
  desc 'Every account has a name and a user id of its own, and every line of /etc/passwd is well formed.'
  desc 'rationale', 'Two names with one id own each other\'s files, and logs tell the wrong one.'
  desc 'check', 'Counts names and ids in /etc/passwd.'
  desc 'fix', 'Give every account its own id and remove malformed lines.'
  tag severity: 'medium'
  tag nist: %w(IA-2 AC-6)
  describe image_accounts(limits).ambiguous do
    its('found') { should be_empty }
  end
end

control 'container-1.6' do
  impact 0.3
  title 'Names and ids of groups are unique, and primary groups exist'
  desc 'Every group has a name and an id of its own, and the primary group of each account is in /etc/group.'
  desc 'rationale', 'Rights given to one group would reach another; an id without a group can later be given to somebody else.'
  desc 'check', 'Compares /etc/passwd and /etc/group.'
  desc 'fix', 'Correct /etc/group.'
  tag severity: 'low'
  tag nist: %w(AC-6)
  describe image_accounts(limits).ambiguous_groups do
    its('found') { should be_empty }
  end
  describe image_accounts(limits).of_unknown_group do
    its('found') { should be_empty }
  end
end

control 'container-1.7' do
  impact 0.5
  title 'Nobody but root is in a privileged group'
  desc 'Groups such as root, shadow, disk, docker, sudo and wheel have no other members, and no account with a login shell has group 0 as its primary group.'
  desc 'rationale', 'These groups lead to root: by reading hashes, by writing to disks, by asking the container engine.'
  desc 'check', 'Reads the members in /etc/group and primary groups in /etc/passwd.'
  desc 'fix', 'Take the members out of the group.'
  tag severity: 'medium'
  tag nist: %w(AC-6)
  describe image_accounts(limits).privileged_members do
    its('found') { should be_empty }
  end
end

control 'container-1.8' do
  impact 0.7
  title 'Accounts come from the image alone'
  desc 'No line of the account files starts with + or -.'
  desc 'rationale', 'Such lines bring in accounts of a directory service, and + alone can mean everybody.'
  desc 'check', 'Looks at the first character of the lines of /etc/passwd, /etc/shadow, /etc/group and /etc/gshadow.'
  desc 'fix', 'Remove these lines.'
  tag severity: 'high'
  tag nist: %w(AC-2)
  describe image_accounts(limits).from_elsewhere do
    its('found') { should be_empty }
  end
end

control 'container-1.9' do
  impact 0.5
  title 'Home folders belong to their accounts'
  desc 'The home folder of root and of each ordinary account (1000 and up) belongs to that account and is not writable by group or others.'
  desc 'rationale', 'Who may write to a home folder can plant start-up files and keys that act as its owner.'
  desc 'check', 'Compares the owner and mode of home folders that exist with /etc/passwd.'
  desc 'fix', 'chown the folder to its account and remove the write permissions.'
  tag severity: 'medium'
  tag nist: %w(AC-6 AC-3)
  describe image_accounts(limits).loose_homes do
    its('found') { should be_empty }
  end
end
