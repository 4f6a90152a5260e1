# frozen_string_literal: true

require "sidescan/file_label"
require "sidescan/mount_table"
require "sidescan/open_how"
require "sidescan/path_walk"
require "sidescan/undecided"

module Sidescan
  # The root file system of the target, read through one directory descriptor. Only ABSENT means that something is not there;
  # every other error raises Unreadable, or `should_not exist` would pass for lack of permission.
  class Root
    ABSENT = [Errno::ENOENT, Errno::ENOTDIR, Errno::ELOOP, Errno::EXDEV, Errno::ENAMETOOLONG].freeze
    STEP = 65_536 # procfs answers ENOMEM to a huge buffer
    MAX_CONTENT = 64 * 1024 * 1024

    attr_reader :pid, :mounts

    # `directory`: an open directory. `openat2: false` resolves every path step by step, as where the kernel refuses openat2.
    def initialize(directory, pid: nil, openat2: true)
      @directory = directory
      @pid = pid
      @openat2 = openat2
      @mounts = MountTable.new(pid)
      @walk = PathWalk.new(directory, pid, @mounts)
    end

    # File::Stat, or nil where there is nothing.
    def stat(path, follow: true)
      with(path, follow) { |io, _names| io.stat }
    end

    # The SELinux label of a file; nil where it has none.
    def label(path, follow: true)
      with(path, follow) { |io, _names| FileLabel.of(io) }
    end

    # The path with no symlink in it, as realpath(3) inside the target; nil where it leads nowhere.
    def realpath(path)
      with(path, true) { |_io, names| text("/#{names.join('/')}") }
    end

    # The text of a symlink; nil where there is none.
    def readlink(path)
      return nil unless stat(path, follow: false)&.symlink?

      parent, name = ::File.split(path.b)
      with(parent, true) { |io, names| text(@walk.link_text(io, names, name)) }
    end

    # The names in a directory, sorted, as bytes tagged UTF-8; nil where there is no directory.
    def children(path)
      with(path, true) do |io, _names|
        io.stat.directory? ? Dir.children("/proc/self/fd/#{io.fileno}").map { |name| text(name) }.sort_by(&:b) : nil
      end
    end

    # Names (bytes) and lstat of what a directory holds; the directory itself may not be a symlink. Empty where it is gone.
    def each_entry(path)
      with(path, false) do |io, _names|
        next [] unless io.stat.directory?

        open_directory = "/proc/self/fd/#{io.fileno}/".b
        Dir.children(open_directory, encoding: Encoding::BINARY).filter_map { |name| entry(open_directory, name) }
      end || []
    end

    # The bytes of a regular file, tagged UTF-8; nil where there is no regular file. Raises Unreadable above `limit` bytes.
    def read(path, limit: MAX_CONTENT)
      content = String.new
      whole = each_part(path) do |part|
        content << part
        raise Unreadable, "#{path} is larger than #{limit} bytes" if content.bytesize > limit
      end
      whole && text(content)
    end

    # Yields the bytes of a regular file in small parts; true, or nil where there is no regular file.
    def each_part(path)
      with(path, true) do |io, _names|
        next nil unless io.stat.file?

        # Only now is anything opened for real: a regular file, never a device or a FIFO.
        ::File.open("/proc/self/fd/#{io.fileno}", ::File::RDONLY | ::File::NONBLOCK | ::File::NOCTTY) do |file|
          while (part = read_part(file))
            yield part
          end
        end
        true
      end
    end

    # True if it is a regular file that somebody may execute.
    def executable?(path)
      found = stat(path)
      !found.nil? && found.file? && (found.mode & 0o111).positive?
    end

    private

    # nil if it was removed since the directory was read: then it is not there.
    def entry(directory, name)
      [name, ::File.lstat(directory + name)]
    rescue Errno::ENOENT
      nil
    end

    def with(path, follow)
      io, names = open(path, follow)
      yield io, names
    rescue *ABSENT
      nil
    rescue SystemCallError => e
      raise Unreadable, "#{text(path)}: #{e.class.new.message}"
    ensure
      io&.close
    end

    def open(path, follow)
      path = path.b # a path is bytes
      raise Errno::ENOENT if path.empty?
      raise Unreadable, "a path cannot hold a NUL byte: #{path.inspect}" if path.include?("\0")

      fast(path, follow) || @walk.find(path, follow: follow).to_a
    end

    # nil where the walk must decide: a symlink is in the way, /proc/1 may be meant, or there is no openat2.
    def fast(path, follow)
      return nil unless @openat2 && !(@pid && path.match?(%r{/1(/|\z)}n))

      io = OpenHow.open(@directory, path, nofollow: !follow)
      io && [io, plain_names(path)]
    rescue Errno::ENOSYS, Errno::EPERM
      @openat2 = false
      nil
    end

    # Without symlinks, ".." is only text.
    def plain_names(path)
      path.b.split("/").each_with_object([]) do |name, names|
        name == ".." ? names.pop : (names.push(name) unless name.empty? || name == ".")
      end
    end

    # Without an exception at the end of every file, which would cost more than the rest. Only what is no regular file can have nothing yet.
    def read_part(file)
      part = file.read_nonblock(STEP, exception: false)
      part == :wait_readable ? raise(Errno::EAGAIN) : part
    end

    def text(bytes)
      bytes.dup.force_encoding(Encoding::UTF_8)
    end
  end
end
