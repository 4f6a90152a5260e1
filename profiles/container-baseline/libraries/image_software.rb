# frozen_string_literal: true

require 'date'

# What software an image carries: its distribution, its package database, and programs that a running service does not need.
class ImageSoftware < Inspec.resource(1)
  name 'image_software'
  supports platform: 'linux'
  desc 'Tells which distribution and which unneeded software a container image carries'
  example "describe image_software.compilers([]) do\n  its('found') { should be_empty }\nend"

  RELEASE = %w(/etc/os-release /usr/lib/os-release).freeze
  DATABASES = %w(/var/lib/dpkg/status /var/lib/dpkg/status.d/ /lib/apk/db/installed /usr/lib/apk/db/installed /var/lib/rpm/ /usr/lib/sysimage/rpm/
                 /var/lib/pacman/local/).freeze
  CACHES = %w(/var/cache/apt/ /var/lib/apt/lists/ /var/cache/apk/ /var/cache/dnf/ /var/cache/yum/ /var/cache/zypp/ /var/cache/pacman/pkg/
              /root/.cache/pip/ /root/.npm/_cacache/ /root/.cache/go-build/ /root/.cargo/registry/ /root/.m2/repository/
              /root/.gradle/caches/ /root/.composer/cache/).freeze
  CACHE_MARKERS = %w(lock CACHEDIR.TAG .gitignore).freeze
  UNSIGNED = /trusted\s*[=:]\s*yes|allow-insecure\s*[=:]\s*yes|Allow(Unauthenticated|InsecureRepositories)\s+"?(true|1|yes)|
              ^gpgcheck\s*=\s*(0|no|false)/nix.freeze
  PROGRAM_FOLDERS = %r{\A/(usr/(local/)?)?s?bin/[^/]+\z}n.freeze
  PROGRAMS = {
    package_managers: %w(apt apt-get aptitude dpkg apk dnf dnf-3 yum microdnf tdnf rpm zypper pacman opkg snap),
    compilers: %w(gcc g++ cc c++ c89 c99 clang clang++ cpp as ld ld.bfd ld.gold ld.lld make gmake go gofmt rustc cargo javac ghc tcc nasm),
    debuggers: %w(gdb gdbserver lldb lldb-server strace ltrace perf bpftrace tcpdump tshark dumpcap valgrind radare2 r2 delve dlv),
    network_tools: %w(nc ncat netcat nc.openbsd nc.traditional socat nmap masscan telnet ftp tftp rsh rlogin rexec hping3 arp-scan ettercap netsed),
    login_servers: %w(sshd dropbear telnetd in.telnetd in.rshd in.rlogind in.ftpd vsftpd proftpd pure-ftpd xrdp tinysshd)
  }.freeze
  TITLES = {
    package_managers: 'Package managers', compilers: 'Compilers and linkers', debuggers: 'Debuggers and packet sniffers',
    network_tools: 'Programs for raw network connections', login_servers: 'Servers for remote login'
  }.freeze

  def initialize(limits = {})
    super()
    @root = TargetRoot.of(inspec.backend, limits)
  end

  PROGRAMS.each_key { |kind| define_method(kind) { |allowed| programs(kind, AllowList.new(allowed)) } }

  # os-release as a hash; empty if the image has none.
  def release
    @release ||= RELEASE.lazy.map { |path| @root.text(path) }.find(&:itself).to_s.dup.force_encoding('UTF-8').scrub
                        .scan(/^([A-Z_]+)=(?:"([^"\n]*)"|'([^'\n]*)'|([^\s#]*))/).to_h { |key, *values| [key, values.compact.first] }
  end

  # Name of the release as in the input end_of_life, for example "debian 12"; nil if the image does not tell.
  def release_name
    return nil unless release['ID'] && release['VERSION_ID']

    "#{release['ID']} #{release['VERSION_ID']}"
  end

  # The table's row for this release: the whole version first, then without its last parts ("alpine 3.19.1" is in the row "alpine 3.19").
  def end_of_life(table)
    parts = release['VERSION_ID'].to_s.split('.')
    parts.length.downto(1).map { |n| "#{release['ID']} #{parts.first(n).join('.')}" }.map { |name| table[name] }.compact.first
  end

  def untold
    Findings.new('What /etc/os-release does not tell') do
      missing = %w(ID PRETTY_NAME).reject { |key| release[key].to_s != '' }
      missing << 'VERSION_ID or BUILD_ID' if release['VERSION_ID'].to_s.empty? && release['BUILD_ID'].to_s.empty?
      missing
    end
  end

  def expired_release(table, today = Date.today)
    Findings.new('A release that gets no more security updates') do
      date = end_of_life(table)
      raise "the release #{release_name.inspect} is not in the input end_of_life" unless date

      Date.parse(date.to_s) < today ? ["#{release_name}: since #{date}"] : []
    end
  end

  def package_databases
    Findings.new('Package databases of the image') { @root.files_in(DATABASES).select { |e| e.size.positive? }.map(&:path).first(3) }
  end

  def broken_packages
    Findings.new('Packages that are not completely installed') do
      (@root.text('/var/lib/dpkg/status', 64 * 1024 * 1024) || '').split(/\n{2,}/).filter_map do |paragraph|
        name, status = paragraph[/^Package: (.+)$/n, 1], paragraph[/^Status: (.+)$/n, 1]
        "#{name}: #{status}" if name && status && !status.match?(/\A(install|hold) ok installed\z/n)
      end
    end
  end

  def caches
    Findings.new('Files in the caches of package managers') do
      @root.files_in(CACHES).reject { |e| CACHE_MARKERS.include?(e.basename) }.map(&:path)
    end
  end

  def programs(kind, list)
    Findings.new(TITLES.fetch(kind)) do
      programs = @root.entries.select { |e| %w(f l).include?(e.kind) && e.path.match?(PROGRAM_FOLDERS) }
      programs.select { |e| named?(e, kind) && !list.allows?(e.basename) }.map(&:path)
    end
  end

  # Sources whose packages are taken without a check of their signature.
  def unsigned_sources
    Findings.new('Package sources without a signature check') do
      places = @root.files_in('/etc/apt/', '/etc/yum.repos.d/', '/etc/yum.conf', '/etc/dnf/dnf.conf', '/etc/zypp/')
      places.select { |e| e.path.match?(/\.(list|sources|conf|repo)\z|apt\.conf\.d/n) }.flat_map do |e|
        @root.settings(e.path).grep(UNSIGNED)
             .map { |line| "#{e.path}: #{line}" }
      end
    end
  end

  def to_s
    'Software of the image'
  end

  private

  # Versioned and prefixed names too: gcc-12, x86_64-linux-gnu-ld.
  def named?(entry, kind)
    base = entry.basename.sub(/-\d+(\.\d+)*\z/n, '').sub(/\A\w+-linux-(gnu|musl)\w*-/n, '')
    PROGRAMS.fetch(kind).include?(base)
  end
end
