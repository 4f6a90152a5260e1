# frozen_string_literal: true

# Lists a target's root file system once. Nothing below a mount point is listed, no symbolic link is followed, and a list that is
# not whole is an error.
class TreeWalk
  TYPES = { 'file' => 'f', 'directory' => 'd', 'link' => 'l', 'fifo' => 'p', 'socket' => 's',
            'characterSpecial' => 'c', 'blockSpecial' => 'b' }.freeze
  FIND = %q(find / -xdev -printf '%y %m %U %G %s %D %p\0')

  # One entry: path (binary string), kind (a letter as in `find -type`), permission bits, owner and group as numbers, size in bytes.
  Entry = Struct.new(:path, :kind, :mode, :uid, :gid, :size) do
    def file?
      kind == 'f'
    end

    def dir?
      kind == 'd'
    end

    def basename
      path[(path.rindex('/') + 1)..-1]
    end

    def describe
      format('%s (mode %04o, owner %d:%d)', path, mode, uid, gid)
    end
  end

  def initialize(connection, max_files:, max_seconds:)
    @connection = connection
    @max_files = max_files
    @max_seconds = max_seconds
  end

  # Every entry of the root's own file system, "/" included. Raises when something cannot be listed, or above `max_files` or `max_seconds`.
  def entries
    @entries = []
    @deadline = now + @max_seconds
    @connection.respond_to?(:walk) ? by_connection : by_find
    raise 'the file tree of the target is empty: nothing can be said about it' if @entries.empty?

    @entries
  end

  private

  def by_connection
    device = nil
    @connection.walk('/', same_device: true, limit: @max_files + 1) do |path, stat|
      device ||= stat.dev
      next if stat.directory? && stat.dev != device

      add(path.b, TYPES.fetch(stat.ftype, '?'), stat.mode & 0o7777, stat.uid, stat.gid, stat.size)
    end
  end

  def by_find
    result = @connection.run_command(FIND)
    raise "find: #{result.stderr.to_s.strip[0, 300]}" unless result.exit_status.to_i.zero?

    device = nil
    result.stdout.b.each_line("\0", chomp: true) do |line|
      kind, mode, uid, gid, size, dev, path = line.split(' ', 7)
      device ||= dev
      next if kind == 'd' && dev != device

      add(path, kind, mode.to_i(8), uid.to_i, gid.to_i, size.to_i)
    end
  end

  def add(*fields)
    raise "more than #{@max_files} files (input max_files)" if @entries.length >= @max_files
    raise "listing takes more than #{@max_seconds} seconds (input max_walk_seconds)" if (@entries.length % 1024).zero? && now > @deadline

    @entries << Entry.new(*fields)
  end

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end
end
