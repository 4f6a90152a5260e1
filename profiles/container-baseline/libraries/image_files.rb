# frozen_string_literal: true

# Owners and permissions over the whole file tree of the image.
class ImageFiles < Inspec.resource(1)
  name 'image_files'
  supports platform: 'linux'
  desc 'Finds files of a container image by their permissions, owners and names'
  example "describe image_files.set_uid([]) do\n  its('found') { should be_empty }\nend"

  PROGRAM_FOLDERS = %w(/bin/ /sbin/ /usr/bin/ /usr/sbin/ /usr/local/bin/ /usr/local/sbin/ /lib/ /lib64/ /usr/lib/ /usr/lib64/ /usr/local/lib/).freeze
  SOCKETS = %w(/run/docker.sock /var/run/docker.sock /run/podman/podman.sock /run/containerd/containerd.sock /run/crio/crio.sock
               /run/buildkit/buildkitd.sock).freeze
  SHARED_FOLDERS = %w(/tmp /var/tmp).freeze
  BACKUPS = /(~|\.(bak|backup|old|orig|save|swp|swo|dpkg-old|dpkg-new|dpkg-dist|dpkg-tmp|ucf-old|rpmsave|rpmorig|apk-new))\z/.freeze
  BACKUP_PLACES = %w(/etc/ /root/ /home/ /opt/ /srv/ /app/ /tmp/ /usr/local/).freeze

  def initialize(limits = {})
    super()
    @limits = limits
    @root = TargetRoot.of(inspec.backend, limits)
  end

  def set_uid(allowed)
    by_mode('Set-uid programs', 0o4000, allowed)
  end

  def set_gid(allowed)
    by_mode('Set-gid programs', 0o2000, allowed)
  end

  def world_writable(allowed)
    by_mode('Files that anybody may change', 0o0002, allowed)
  end

  def open_folders(allowed)
    list = AllowList.new(allowed)
    search('Folders that anybody may write to, without the sticky bit') do |e|
      e.dir? && e.mode & 0o1002 == 0o0002 && !list.allows?(e.path)
    end
  end

  def unowned(allowed)
    list = AllowList.new(allowed)
    Findings.new('Files whose owner or group is not known in the image') do
      users, groups = inspec.image_accounts(@limits).known_ids
      @root.entries.reject { |e| users.include?(e.uid) && groups.include?(e.gid) || list.allows?(e.path) }.map(&:describe)
    end
  end

  def loose_programs
    search('Programs and libraries that others than root may change') do |e|
      (e.file? || e.dir?) && PROGRAM_FOLDERS.any? { |folder| "#{e.path}/".start_with?(folder) } &&
        (e.uid != 0 || e.mode & 0o0002 != 0 || (e.mode & 0o0020 != 0 && e.gid != 0))
    end
  end

  def devices
    search('Device files outside /dev') { |e| %w(b c).include?(e.kind) && !e.path.start_with?('/dev/') && !whiteout?(e) }
  end

  # Owner root, and no permission bit beyond `most`, for those of the paths that exist.
  def looser_than(most, *paths)
    Findings.new("Permissions of #{paths.join(', ')} beyond #{format('%04o', most)}") do
      paths.filter_map { |path| @root.entry(path) }.reject { |e| e.kind == 'l' }
           .select { |e| e.uid != 0 || (e.mode & ~most) != 0 }.map(&:describe)
    end
  end

  # Everything at these paths or below these folders that others than root may change.
  def changeable(title, *places)
    Findings.new(title) do
      @root.entries.select { |e| e.kind != 'l' && places.any? { |place| "#{e.path}/".start_with?(place.chomp('/') + '/') } }
           .select { |e| e.uid != 0 || e.mode & 0o0022 != 0 }.map(&:describe)
    end
  end

  def shared_folders
    Findings.new('Folders for temporary files that are not root\'s with mode 1777') do
      SHARED_FOLDERS.filter_map { |path| @root.entry(path) }.select { |e| e.dir? && (e.uid != 0 || e.mode != 0o1777) }.map(&:describe)
    end
  end

  def runtime_sockets
    Findings.new('Sockets of a container engine') { SOCKETS.select { |path| @root.exist?(path) } }
  end

  def core_dumps
    search('Core dumps') { |e| e.file? && e.size.positive? && e.basename.match?(/\A(core|core\.\d+|.+\.core|vgcore\.\d+)\z/) && !code?(e.path) }
  end

  def backups(allowed)
    list = AllowList.new(allowed)
    search('Backup copies and editor files') do |e|
      e.file? && e.basename.match?(BACKUPS) && BACKUP_PLACES.any? { |place| e.path.start_with?(place) } && !list.allows?(e.path)
    end
  end

  def temporary_files
    search('Files left in folders for temporary files') { |e| !e.dir? && e.path.start_with?('/tmp/', '/var/tmp/') }
  end

  def deceptive_names
    search('File names that are made to be overlooked') do |e|
      e.path != '/' && (e.basename.match?(/[[:cntrl:]]/n) || e.basename.match?(/\A\.{2,}\s*\z|\A\.?\s+\z|\s\z/n))
    end
  end

  def repositories
    Findings.new('Version control data') do
      names = %w(.git .hg .svn .bzr)
      @root.entries.select { |e| e.dir? && names.include?(e.basename) }.map(&:describe)
    end
  end

  def to_s
    'Files of the image'
  end

  private

  def by_mode(title, bits, allowed)
    list = AllowList.new(allowed)
    search(title) { |e| e.file? && e.mode & bits != 0 && !list.allows?(e.path) }
  end

  def search(title)
    Findings.new(title) { @root.entries.select { |e| yield e }.map(&:describe) }
  end

  # A module called "core" or an object "x.core" in a program's own folder is no dump.
  def code?(path)
    path.start_with?('/usr/lib/', '/usr/share/', '/usr/include/') || path.include?('/node_modules/') || path.include?('-packages/')
  end

  # Layers mark deleted files by character devices with number 0:0 named .wh.…
  def whiteout?(entry)
    entry.basename.start_with?('.wh.')
  end
end
