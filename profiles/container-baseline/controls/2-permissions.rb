# frozen_string_literal: true

limits = { max_files: input('max_files'), max_walk_seconds: input('max_walk_seconds'), max_read_bytes: input('max_read_bytes'),
           max_total_bytes: input('max_total_bytes'), max_secret_file_bytes: input('max_secret_file_bytes') }

control 'container-2.1' do
  impact 0.9
  title 'Only root may change account files'
  desc '/etc/passwd, /etc/group and files like them belong to root and are writable by root alone.'
  desc 'rationale', 'Who may write to them makes themselves root.'
  desc 'check', 'Looks at owner and mode of the files that exist.'
  desc 'fix', 'chown root and chmod 0644.'
  tag severity: 'critical'
  tag nist: %w(AC-3 AC-6)
  describe image_files(limits).looser_than(0o644, '/etc/passwd', '/etc/passwd-', '/etc/group', '/etc/group-', '/etc/subuid', '/etc/subgid') do
    its('found') { should be_empty }
  end
end

control 'container-2.2' do
  impact 0.9
  title 'Password hashes are not for everybody'
  desc '/etc/shadow, /etc/gshadow and their copies belong to root and are at most readable by their group.'
  desc 'rationale', 'Hashes that everybody can read are there to be cracked.'
  desc 'check', 'Looks at owner and mode of the files that exist.'
  desc 'fix', 'chown root and chmod 0640 or 0600.'
  tag severity: 'critical'
  tag nist: %w(IA-5 AC-3)
  describe image_files(limits).looser_than(0o640, '/etc/shadow', '/etc/shadow-', '/etc/gshadow', '/etc/gshadow-', '/etc/security/opasswd') do
    its('found') { should be_empty }
  end
end

control 'container-2.3' do
  impact 0.7
  title 'Only known programs are set-uid'
  desc 'Files with the set-uid bit are only those of the input allowed_setuid_files (by default what distributions ship for login, su and mount).'
  desc 'rationale', 'A set-uid program runs with its owner\'s rights for everybody: one fault in it is enough to become root.'
  desc 'check', 'Walks the file tree.'
  desc 'fix', 'chmod u-s the file, or remove it; name it in the input if it is needed.'
  tag severity: 'high'
  tag nist: %w(AC-6 CM-7)
  describe image_files(limits).set_uid(input('allowed_setuid_files')) do
    its('found') { should be_empty }
  end
end

control 'container-2.4' do
  impact 0.5
  title 'Only known programs are set-gid'
  desc 'Files with the set-gid bit are only those of the input allowed_setgid_files.'
  desc 'rationale', 'A set-gid program lends its group\'s rights to everybody.'
  desc 'check', 'Walks the file tree.'
  desc 'fix', 'chmod g-s the file, or remove it; name it in the input if it is needed.'
  tag severity: 'medium'
  tag nist: %w(AC-6 CM-7)
  describe image_files(limits).set_gid(input('allowed_setgid_files')) do
    its('found') { should be_empty }
  end
end

control 'container-2.5' do
  impact 0.7
  title 'No file is writable for everybody'
  desc 'No regular file may be changed by others, but for those of the input allowed_world_writable.'
  desc 'rationale', 'Any process of the container can change such a file, and with it what other processes read or run.'
  desc 'check', 'Walks the file tree. Symbolic links are not looked at: their mode means nothing.'
  desc 'fix', 'chmod o-w the file.'
  tag severity: 'high'
  tag nist: %w(AC-3 AC-6)
  describe image_files(limits).world_writable(input('allowed_world_writable')) do
    its('found') { should be_empty }
  end
end

control 'container-2.6' do
  impact 0.7
  title 'Folders writable for everybody have the sticky bit'
  desc 'Every folder that others may write to has the sticky bit, but for those of the input allowed_world_writable.'
  desc 'rationale', 'Without it everybody may replace and remove files of others in the folder.'
  desc 'check', 'Walks the file tree.'
  desc 'fix', 'chmod o-w the folder, or chmod +t if everybody must write there.'
  tag severity: 'high'
  tag nist: %w(AC-3 AC-6)
  describe image_files(limits).open_folders(input('allowed_world_writable')) do
    its('found') { should be_empty }
  end
end

control 'container-2.7' do
  impact 0.3
  title 'Folders for temporary files are root\'s, with mode 1777'
  desc '/tmp and /var/tmp, where the image has them, belong to root and have the mode 1777.'
  desc 'rationale', 'With other owners or modes programs fail or overwrite each other\'s files.'
  desc 'check', 'Looks at both folders. A folder that is not there is no fault.'
  desc 'fix', 'chown root and chmod 1777.'
  tag severity: 'low'
  tag nist: %w(AC-3)
  describe image_files(limits).shared_folders do
    its('found') { should be_empty }
  end
end

control 'container-2.8' do
  impact 0.5
  title 'Every file has a known owner'
  desc 'Owner and group of every file are in /etc/passwd and /etc/group, but for files of the input allowed_unowned_files. The ids 0 are always known.'
  desc 'rationale', 'Whoever is later given that id owns these files.'
  desc 'check', 'Walks the file tree and compares ids with the account files.'
  desc 'fix', 'chown the file, or add the account that it belongs to.'
  tag severity: 'medium'
  tag nist: %w(AC-6)
  describe image_files(limits).unowned(input('allowed_unowned_files')) do
    its('found') { should be_empty }
  end
end

control 'container-2.9' do
  impact 0.7
  title 'Programs and libraries belong to root'
  desc 'Everything in the folders of programs and libraries belongs to root and is not writable by others or by a group other than 0.'
  desc 'rationale', 'A service that can change the programs that it or root runs lets an intruder stay.'
  desc 'check', 'Walks /bin, /sbin, /lib, /lib64, /usr/bin, /usr/sbin, /usr/lib, /usr/lib64 and the same below /usr/local.'
  desc 'fix', 'chown root and remove the write permissions.'
  tag severity: 'high'
  tag nist: %w(AC-6 SI-7)
  describe image_files(limits).loose_programs do
    its('found') { should be_empty }
  end
end

control 'container-2.10' do
  impact 0.7
  title 'No device files lie outside /dev'
  desc 'The image holds no block or character devices of its own.'
  desc 'rationale', 'A device file gives raw access to memory or disks once the container may open it.'
  desc 'check', 'Walks the file tree; /dev itself comes from the container engine.'
  desc 'fix', 'Remove the device files.'
  tag severity: 'high'
  tag nist: %w(AC-3 CM-7)
  describe image_files(limits).devices do
    its('found') { should be_empty }
  end
end
