# frozen_string_literal: true

# Settings of the image that open a door: sshd, sudo, cron, the loader, trust without a check.
class ImageSettings < Inspec.resource(1)
  name 'image_settings'
  supports platform: 'linux'
  desc 'Finds dangerous settings in the configuration files of a container image'
  example "describe image_settings.preloaded do\n  its('found') { should be_empty }\nend"

  SSHD = '/etc/ssh/sshd_config'
  SSHD_DEFAULTS = { 'permitrootlogin' => 'prohibit-password', 'passwordauthentication' => 'yes', 'permitemptypasswords' => 'no' }.freeze
  SUDOERS = ['/etc/sudoers', '/etc/sudoers.d/'].freeze
  CRON = %w(/etc/crontab /etc/cron.d/ /etc/cron.hourly/ /etc/cron.daily/ /etc/cron.weekly/ /etc/cron.monthly/ /var/spool/cron/ /etc/periodic/
            /etc/anacrontab).freeze
  LOADER = ['/etc/ld.so.conf', '/etc/ld.so.conf.d/'].freeze
  SYSTEM_LIBRARIES = %w(/lib /lib64 /usr/lib /usr/lib64 /usr/local/lib).freeze
  PATH_FILES = %w(/etc/environment /etc/profile /etc/profile.d/ /etc/login.defs /etc/bash.bashrc /etc/bashrc /root/.profile /root/.bashrc
                  /root/.bash_profile).freeze
  TRUST_FILES = %r{\A/etc/(hosts\.equiv|ssh/shosts\.equiv)\z|/\.[rs]hosts\z}n.freeze
  # In a shell script, and in login.defs with or without a second PATH=.
  PATH_SETTING = /(?:(?:\A|[\s;])PATH=|\AENV_(?:SU)?PATH\s+)["']?((?!PATH=)[^"'\s;#]*)/n.freeze
  UNCHECKED = {
    %r{/(\.curlrc|_curlrc)\z|\A/etc/curlrc\z}n => /\A(insecure|-k)\b/n,
    %r{/\.wgetrc\z|\A/etc/wgetrc\z}n => /\Acheck_certificate\s*=\s*(off|no)/ni,
    %r{/\.npmrc\z|\A/etc/npmrc\z}n => /\Astrict-ssl\s*=\s*false/ni,
    %r{/\.gitconfig\z|\A/etc/gitconfig\z|/git/config\z}n => /\AsslVerify\s*=\s*(false|0|no|off)/ni,
    %r{/pip\.conf\z}n => /\Atrusted-host\s*=/n,
    %r{\A/etc/apt/apt\.conf}n => /Verify-(Peer|Host)\s+"?(false|0|no)/ni,
    %r{\A/etc/(yum\.conf|dnf/dnf\.conf|yum\.repos\.d/.+)\z}n => /\Asslverify\s*=\s*(0|false|no)/ni,
    %r{\A/etc/environment\z}n => /\A(NODE_TLS_REJECT_UNAUTHORIZED=['"]?0|PYTHONHTTPSVERIFY=['"]?0|GIT_SSL_NO_VERIFY=)/n
  }.freeze

  def initialize(limits = {})
    super()
    @root = TargetRoot.of(inspec.backend, limits)
  end

  def sshd?
    @root.exist?(SSHD)
  end

  def sudo?
    @root.exist?('/etc/sudoers')
  end

  def sshd_root_login
    sshd_fault('permitrootlogin', 'Login of root over SSH by password', %w(yes))
  end

  def sshd_passwords
    sshd_fault('passwordauthentication', 'Login over SSH by password', %w(yes))
  end

  def sshd_empty_passwords
    sshd_fault('permitemptypasswords', 'Login over SSH with an empty password', %w(yes))
  end

  def sudo_without_password
    Findings.new('sudo rules that ask for no password') do
      @root.files_in(SUDOERS).flat_map do |e|
        @root.settings(e.path).grep(/\bNOPASSWD\s*:|^Defaults.*!authenticate/n).map { |line| "#{e.path}: #{line}" }
      end
    end
  end

  def cron_jobs(allowed)
    list = AllowList.new(allowed)
    Findings.new('Jobs of cron') { @root.files_in(CRON).select { |e| e.size.positive? && !list.allows?(e.path) && job?(e) }.map(&:describe) }
  end

  def preloaded
    Findings.new('Libraries forced into every program') { @root.settings('/etc/ld.so.preload').map { |line| "/etc/ld.so.preload: #{line}" } }
  end

  # Folders of libraries that ld.so.conf adds and that others than root may change, or that are missing so that their owner decides.
  def loose_library_folders
    Findings.new('Folders of ld.so.conf that others than root may change') do
      folders = @root.files_in(LOADER).flat_map { |e| @root.settings(e.path) }.reject { |line| line.start_with?('include') } - SYSTEM_LIBRARIES
      folders.uniq.flat_map { |folder| folder.start_with?('/') ? loose_on_the_way(folder) : ["#{folder} is not absolute"] }
    end
  end

  def loose_path_folders
    Findings.new('Folders in a PATH of the image that others than root may change') do
      @root.files_in(PATH_FILES).flat_map { |e| paths_set_in(e.path).flat_map { |folder| path_fault(e.path, folder) } }
    end
  end

  def trusted_hosts
    Findings.new('Files that let other hosts in without a password') do
      @root.entries.select { |e| e.kind != 'd' && e.path.match?(TRUST_FILES) }.map(&:describe)
    end
  end

  def unchecked_servers
    Findings.new('Settings that turn the check of server certificates off') do
      @root.entries.select { |e| e.file? && e.size.positive? }.flat_map do |e|
        settings = UNCHECKED.select { |place, _| e.path.match?(place) }.values
        settings.flat_map { |setting| @root.settings(e.path).grep(setting).map { |line| "#{e.path}: #{line}" } }
      end
    end
  end

  def to_s
    'Settings of the image'
  end

  private

  # sshd takes the first value of a keyword; a later one inside a Match block counts here too, since it opens the same door for somebody.
  def sshd_fault(keyword, title, bad)
    Findings.new(title) do
      values = sshd_lines(SSHD).filter_map { |line| line[/\A#{keyword}[\s=]+"?([^\s"]+)/ni, 1]&.downcase }
      values = [SSHD_DEFAULTS.fetch(keyword)] if values.empty?
      values.select { |value| bad.include?(value) }.map { |value| "#{keyword} #{value}" }.uniq
    end
  end

  def sshd_lines(path, depth = 0)
    raise "#{path}: Include goes deeper than 16 files" if depth > 16

    @root.settings(path).flat_map do |line|
      patterns = line[/\AInclude[\s=]+(.+)/ni, 1]
      next [line] unless patterns

      patterns.split.map { |p| p.delete('"').b }.map { |p| p.start_with?('/') ? p : "/etc/ssh/#{p}" }
              .flat_map { |p| @root.entries.select { |e| %w(f l).include?(e.kind) && File.fnmatch?(p, e.path, File::FNM_PATHNAME) } }
              .flat_map { |e| sshd_lines(e.path, depth + 1) }
    end
  end

  # A crontab that only sets variables runs nothing.
  def job?(entry)
    return true unless entry.path.match?(%r{\A/etc/(crontab|anacrontab|cron\.d/)|\A/var/spool/cron/}n)

    @root.settings(entry.path).any? { |line| !line.match?(/\A\w+\s*=/n) }
  end

  def paths_set_in(path)
    @root.settings(path).filter_map { |line| line[PATH_SETTING, 1] }
         .flat_map { |value| value.split(':', -1) }.reject { |folder| folder.include?('$') }.uniq
  end

  def path_fault(file, folder)
    return ["#{file}: #{folder.empty? ? 'an empty entry' : folder} means the current folder"] unless folder.start_with?('/')

    loose_on_the_way(folder).map { |fault| "#{file}: #{fault}" }
  end

  # The folder or, where one is missing, the nearest folder above it: whoever may write there decides what lies in it.
  def loose_on_the_way(folder)
    path = folder.chomp('/')
    path = File.dirname(path) until path == '/' || @root.entry(path)
    entry = @root.entry(path)
    return [] if entry.kind == 'l' || (entry.uid.zero? && (entry.mode & 0o0002).zero? && (entry.mode & 0o0020).zero?)

    [path == folder.chomp('/') ? entry.describe : "#{folder} is missing and may be made in #{entry.describe}"]
  end
end
