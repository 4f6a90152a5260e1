# frozen_string_literal: true

limits = { max_files: input('max_files'), max_walk_seconds: input('max_walk_seconds'), max_read_bytes: input('max_read_bytes'),
           max_total_bytes: input('max_total_bytes'), max_secret_file_bytes: input('max_secret_file_bytes') }

control 'container-5.1' do
  impact 0.7
  title 'sshd lets root in with a key at most'
  desc 'PermitRootLogin is not yes.'
  desc 'rationale', 'A password for root can be guessed from anywhere that reaches the port.'
  desc 'check', 'Reads sshd_config with its Include files; values inside Match blocks count too.'
  desc 'fix', 'Set PermitRootLogin no.'
  tag severity: 'high'
  tag nist: %w(AC-6 AC-17)
  only_if('the image has no /etc/ssh/sshd_config', impact: 0.0) { image_settings(limits).sshd? }
  describe image_settings(limits).sshd_root_login do
    its('found') { should be_empty }
  end
end

control 'container-5.2' do
  impact 0.7
  title 'sshd takes no passwords'
  desc 'PasswordAuthentication is no and PermitEmptyPasswords is not yes. The defaults of sshd count where nothing is set: PasswordAuthentication is then yes.'
  desc 'rationale', 'Passwords can be guessed from anywhere that reaches the port.'
  desc 'check', 'Reads sshd_config with its Include files; values inside Match blocks count too.'
  desc 'fix', 'Set PasswordAuthentication no and PermitEmptyPasswords no.'
  tag severity: 'high'
  tag nist: %w(IA-2 AC-17)
  only_if('the image has no /etc/ssh/sshd_config', impact: 0.0) { image_settings(limits).sshd? }
  describe image_settings(limits).sshd_passwords do
    its('found') { should be_empty }
  end
  describe image_settings(limits).sshd_empty_passwords do
    its('found') { should be_empty }
  end
end

control 'container-5.3' do
  impact 0.7
  title 'sudo asks for a password'
  desc 'No rule of sudo has NOPASSWD or !authenticate.'
  desc 'rationale', 'Such a rule makes an account as strong as root.'
  desc 'check', 'Reads /etc/sudoers and /etc/sudoers.d.'
  desc 'fix', 'Remove the rule, or sudo altogether.'
  tag severity: 'high'
  tag nist: %w(AC-6 IA-11)
  only_if('the image has no /etc/sudoers', impact: 0.0) { image_settings(limits).sudo? }
  describe image_settings(limits).sudo_without_password do
    its('found') { should be_empty }
  end
end

control 'container-5.4' do
  impact 0.7
  title 'Only root may change the rules of sudo and cron'
  desc '/etc/sudoers, /etc/crontab and their folders belong to root and are writable by root alone.'
  desc 'rationale', 'Who may write to them runs commands as root.'
  desc 'check', 'Looks at owner and mode of what exists there.'
  desc 'fix', 'chown root and remove the write permissions for group and others.'
  tag severity: 'high'
  tag nist: %w(AC-6 AC-3)
  describe image_files(limits).changeable('Rules of sudo and cron that others than root may change', '/etc/sudoers', '/etc/sudoers.d', '/etc/crontab', '/etc/cron.d', '/etc/cron.hourly', '/etc/cron.daily', '/etc/cron.weekly', '/etc/cron.monthly', '/etc/anacrontab') do
    its('found') { should be_empty }
  end
end

control 'container-5.5' do
  impact 0.3
  title 'No jobs of cron are in the image'
  desc 'The folders of cron hold no jobs, but for those of the input allowed_cron_jobs (by default what Debian\'s own packages bring).'
  desc 'rationale', 'A container has one task; a job beside it is a way to come back after a restart.'
  desc 'check', 'Lists the files in the folders of cron.'
  desc 'fix', 'Remove the job, or run it as a job of the platform.'
  tag severity: 'low'
  tag nist: %w(CM-7)
  describe image_settings(limits).cron_jobs(input('allowed_cron_jobs')) do
    its('found') { should be_empty }
  end
end

control 'container-5.6' do
  impact 0.9
  title 'No library is forced into every program'
  desc '/etc/ld.so.preload is absent or empty.'
  desc 'rationale', 'The library in it runs inside every dynamic program: this is how intruders hide.'
  desc 'check', 'Reads /etc/ld.so.preload.'
  desc 'fix', 'Remove the file and find out what the library did.'
  tag severity: 'critical'
  tag nist: %w(SI-7)
  describe image_settings(limits).preloaded do
    its('found') { should be_empty }
  end
end

control 'container-5.7' do
  impact 0.7
  title 'Programs and libraries are searched in safe places'
  desc 'Folders in ld.so.conf and in PATH settings of the image are absolute, belong to root, and are writable by root alone; so is the nearest folder above one that is missing.'
  desc 'rationale', 'Who may write to such a folder puts a program or library in front of the real one.'
  desc 'check', 'Reads ld.so.conf and the files that set PATH for logins (/etc/environment, /etc/profile, /etc/login.defs, start-up files of root), not the PATH of the image\'s metadata.'
  desc 'fix', 'Remove the folder from the list, or correct its owner and mode.'
  tag severity: 'high'
  tag nist: %w(AC-6 SI-7)
  describe image_settings(limits).loose_library_folders do
    its('found') { should be_empty }
  end
  describe image_settings(limits).loose_path_folders do
    its('found') { should be_empty }
  end
end

control 'container-5.8' do
  impact 0.9
  title 'No host is trusted without a password'
  desc 'hosts.equiv, shosts.equiv, .rhosts and .shosts files are not in the image.'
  desc 'rationale', 'They let in whoever claims to come from a host.'
  desc 'check', 'Looks for these names in every folder.'
  desc 'fix', 'Remove the files.'
  tag severity: 'critical'
  tag nist: %w(AC-17 IA-2)
  describe image_settings(limits).trusted_hosts do
    its('found') { should be_empty }
  end
end

control 'container-5.9' do
  impact 0.9
  title 'No socket of a container engine is within reach'
  desc 'The sockets of Docker, Podman, containerd, CRI-O and BuildKit are not in the container.'
  desc 'rationale', 'Whoever may talk to the engine is root on the node.'
  desc 'check', 'Looks for the sockets, mounted ones included.'
  desc 'fix', 'Do not mount the socket.'
  tag severity: 'critical'
  tag nist: %w(AC-6 SC-39)
  describe image_files(limits).runtime_sockets do
    its('found') { should be_empty }
  end
end

control 'container-5.10' do
  impact 0.7
  title 'Certificates of servers are checked'
  desc 'No configuration of curl, wget, npm, git, pip, apt, yum or of the environment turns the check of certificates off.'
  desc 'rationale', 'Whoever sits on the way then reads and changes what the program loads.'
  desc 'check', 'Reads the configuration files of these programs wherever they lie.'
  desc 'fix', 'Remove the setting, and add the certificate authority that is missing.'
  tag severity: 'high'
  tag nist: %w(SC-8 SC-23)
  describe image_settings(limits).unchecked_servers do
    its('found') { should be_empty }
  end
end
