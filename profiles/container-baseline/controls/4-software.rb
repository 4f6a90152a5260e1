# frozen_string_literal: true

limits = { max_files: input('max_files'), max_walk_seconds: input('max_walk_seconds'), max_read_bytes: input('max_read_bytes'),
           max_total_bytes: input('max_total_bytes'), max_secret_file_bytes: input('max_secret_file_bytes') }

control 'container-4.1' do
  impact 0.5
  title 'The image tells its distribution and release'
  desc '/etc/os-release or /usr/lib/os-release names the distribution and its version.'
  desc 'rationale', 'Without it nobody can tell which security updates the image lacks.'
  desc 'check', 'Reads ID, PRETTY_NAME and VERSION_ID (or BUILD_ID).'
  desc 'fix', 'Keep the file of the base image, or write one.'
  tag severity: 'medium'
  tag nist: %w(CM-8)
  describe image_software(limits).untold do
    its('found') { should be_empty }
  end
end

control 'container-4.2' do
  impact 0.9
  title 'The release still gets security updates'
  desc 'The end of support of the image\'s release, from the input end_of_life, is not past.'
  desc 'rationale', 'Known faults stay open for good.'
  desc 'check', 'Looks up ID and VERSION_ID in the table. A release that is not in the table makes this control not applicable: extend the input.'
  desc 'fix', 'Move to a base image of a supported release.'
  tag severity: 'critical'
  tag nist: %w(SI-2)
  only_if('the release is not in the input end_of_life', impact: 0.0) { image_software(limits).end_of_life(input('end_of_life')) }
  describe image_software(limits).expired_release(input('end_of_life')) do
    its('found') { should be_empty }
  end
end

control 'container-4.3' do
  impact 0.5
  title 'The image has a package database'
  desc 'A database of dpkg (distroless status.d included), apk, rpm or pacman is in the image.'
  desc 'rationale', 'Vulnerability scanners read it; without it they report nothing, which looks like a clean image.'
  desc 'check', 'Looks for the files of these databases.'
  desc 'fix', 'Do not delete the database to save space. For images without packages, keep a list of what is in them (SBOM) beside the image.'
  tag severity: 'medium'
  tag nist: %w(CM-8 RA-5)
  describe image_software(limits).package_databases do
    its('found') { should_not be_empty }
  end
end

control 'container-4.4' do
  impact 0.3
  title 'All packages are completely installed'
  desc 'No dpkg package is half installed, unpacked only, or removed with its configuration left behind.'
  desc 'rationale', 'Such a package lacks files or leaves settings that nobody looks after.'
  desc 'check', 'Reads the states in /var/lib/dpkg/status.'
  desc 'fix', 'Run dpkg --configure -a, and apt-get purge for what is left.'
  tag severity: 'low'
  tag nist: %w(CM-6)
  only_if('the image has no dpkg status file', impact: 0.0) { inspec.file('/var/lib/dpkg/status').exist? }
  describe image_software(limits).broken_packages do
    its('found') { should be_empty }
  end
end

control 'container-4.5' do
  impact 0.3
  title 'No package manager is in the image'
  desc 'apt, dpkg, apk, dnf, rpm and their like are not in the image, but for those of the input allowed_programs.'
  desc 'rationale', 'An image is rebuilt, not updated in place; with a package manager an intruder installs tools in a second.'
  desc 'check', 'Looks for their programs in the folders of programs.'
  desc 'fix', 'Use a distroless base, or copy the result of the build into one.'
  tag severity: 'low'
  tag nist: %w(CM-7)
  describe image_software(limits).package_managers(input('allowed_programs')) do
    its('found') { should be_empty }
  end
end

control 'container-4.6' do
  impact 0.3
  title 'Caches of package managers are empty'
  desc 'No downloaded packages or package lists are in the image.'
  desc 'rationale', 'They are dead weight, and tell an intruder what is installed.'
  desc 'check', 'Looks for files in the caches of apt, apk, dnf, yum, zypper, pacman, pip, npm, Go, Cargo, Maven, Gradle and Composer.'
  desc 'fix', 'Clean up in the same step that installs, or mount the cache while building.'
  tag severity: 'low'
  tag nist: %w(CM-7)
  describe image_software(limits).caches do
    its('found') { should be_empty }
  end
end

control 'container-4.7' do
  impact 0.3
  title 'No compiler is in the image'
  desc 'Compilers, linkers and make are not in the image, but for those of the input allowed_programs.'
  desc 'rationale', 'They let an intruder build attacks that fit this very system.'
  desc 'check', 'Looks for their programs in the folders of programs, with versions and architectures in the name too.'
  desc 'fix', 'Build in one stage and copy the result into another.'
  tag severity: 'low'
  tag nist: %w(CM-7)
  describe image_software(limits).compilers(input('allowed_programs')) do
    its('found') { should be_empty }
  end
end

control 'container-4.8' do
  impact 0.5
  title 'No debugger or packet sniffer is in the image'
  desc 'Debuggers, tracers and packet sniffers are not in the image, but for those of the input allowed_programs.'
  desc 'rationale', 'They read the memory and traffic of other processes, secrets included.'
  desc 'check', 'Looks for their programs in the folders of programs.'
  desc 'fix', 'Remove them; debug with an ephemeral container.'
  tag severity: 'medium'
  tag nist: %w(CM-7)
  describe image_software(limits).debuggers(input('allowed_programs')) do
    its('found') { should be_empty }
  end
end

control 'container-4.9' do
  impact 0.5
  title 'No program for raw network connections is in the image'
  desc 'netcat, socat, nmap, telnet, ftp and their like are not in the image, but for those of the input allowed_programs.'
  desc 'rationale', 'They are what an intruder needs to look around and to carry data out.'
  desc 'check', 'Looks for their programs in the folders of programs.'
  desc 'fix', 'Remove them.'
  tag severity: 'medium'
  tag nist: %w(CM-7 SC-7)
  describe image_software(limits).network_tools(input('allowed_programs')) do
    its('found') { should be_empty }
  end
end

control 'container-4.10' do
  impact 0.7
  title 'No server for remote login is in the image'
  desc 'sshd, telnetd, ftpd and their like are not in the image, but for those of the input allowed_programs.'
  desc 'rationale', 'A container is entered through its engine, which knows who did it; another door needs keys, updates and watching of its own.'
  desc 'check', 'Looks for their programs in the folders of programs.'
  desc 'fix', 'Remove the server.'
  tag severity: 'high'
  tag nist: %w(CM-7 AC-17)
  describe image_software(limits).login_servers(input('allowed_programs')) do
    its('found') { should be_empty }
  end
end

control 'container-4.11' do
  impact 0.7
  title 'Package sources are checked by signature'
  desc 'No source of apt, yum, dnf or zypper is trusted without a signature.'
  desc 'rationale', 'Whoever sits between the build and the source decides what is installed.'
  desc 'check', 'Reads the configuration of the package managers.'
  desc 'fix', 'Remove trusted=yes and gpgcheck=0, and install the key of the source.'
  tag severity: 'high'
  tag nist: %w(SI-7 CM-14)
  describe image_software(limits).unsigned_sources do
    its('found') { should be_empty }
  end
end
