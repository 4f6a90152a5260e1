# frozen_string_literal: true

limits = { max_files: input('max_files'), max_walk_seconds: input('max_walk_seconds'), max_read_bytes: input('max_read_bytes'),
           max_total_bytes: input('max_total_bytes'), max_secret_file_bytes: input('max_secret_file_bytes') }

control 'container-7.1' do
  impact 0.5
  title 'No core dump is in the image'
  desc 'No memory image of a crashed program is in the image.'
  desc 'rationale', 'It holds what the program had in memory, secrets included.'
  desc 'check', 'Looks for files named core, core.NUMBER and *.core outside of code.'
  desc 'fix', 'Remove the file.'
  tag severity: 'medium'
  tag nist: %w(CM-7 SC-4)
  describe image_files(limits).core_dumps do
    its('found') { should be_empty }
  end
end

control 'container-7.2' do
  impact 0.3
  title 'No backup copies or editor files are in the image'
  desc 'No *.bak, *~, *.swp, *.dpkg-old and the like lie in configuration, home and application folders, but for those of the input allowed_backups.'
  desc 'rationale', 'They hold former settings and passwords, and web servers hand them out as plain text.'
  desc 'check', 'Looks for these endings below /etc, /root, /home, /opt, /srv, /app, /tmp and /usr/local.'
  desc 'fix', 'Remove the files.'
  tag severity: 'low'
  tag nist: %w(CM-7)
  describe image_files(limits).backups(input('allowed_backups')) do
    its('found') { should be_empty }
  end
end

control 'container-7.3' do
  impact 0.3
  title 'Nothing is left in folders for temporary files'
  desc '/tmp and /var/tmp hold no files.'
  desc 'rationale', 'What a build leaves there is forgotten, readable for everybody, and sometimes secret.'
  desc 'check', 'Walks both folders.'
  desc 'fix', 'Clean up in the same step that makes the files.'
  tag severity: 'low'
  tag nist: %w(CM-7)
  describe image_files(limits).temporary_files do
    its('found') { should be_empty }
  end
end

control 'container-7.4' do
  impact 0.5
  title 'No version control data is in the image'
  desc 'No .git, .hg, .svn or .bzr folder is in the image.'
  desc 'rationale', 'It holds the whole history of the source, with every secret ever committed.'
  desc 'check', 'Looks for these folders everywhere.'
  desc 'fix', 'Name the folder in .dockerignore.'
  tag severity: 'medium'
  tag nist: %w(CM-7 IA-5)
  describe image_files(limits).repositories do
    its('found') { should be_empty }
  end
end

control 'container-7.5' do
  impact 0.5
  title 'No file name is made to be overlooked'
  desc 'No file is named only by dots and blanks, ends with a blank, or has control characters in its name.'
  desc 'rationale', 'Nobody types such names by accident: they hide files from people and break scripts.'
  desc 'check', 'Walks the file tree. Strange bytes are shown as \\xNN.'
  desc 'fix', 'Find out where the file comes from and remove it.'
  tag severity: 'medium'
  tag nist: %w(SI-7)
  describe image_files(limits).deceptive_names do
    its('found') { should be_empty }
  end
end
