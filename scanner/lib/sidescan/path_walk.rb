# frozen_string_literal: true

require "sidescan/open_how"
require "sidescan/undecided"

module Sidescan
  # Resolves a path below a root directory one component at a time, as the kernel does after chroot(2), but so that /proc/self, /proc/1
  # and the like mean the target's process and not the scanner's. Nothing but O_PATH descriptors is opened on the way.
  class PathWalk
    MAX_LINKS = 40 # the kernel's own limit
    TRIES = 16
    SELF = %r{\A(\d+)((?:/task/\d+)?)\z}

    # What a path came to: an O_PATH descriptor and the path below the root with no symlink in it.
    Found = Struct.new(:io, :names) do
      def path
        "/#{names.join('/')}"
      end
    end

    # `pid`: the target's process, nil for a plain directory. `mounts`: tells whether a descriptor is on procfs.
    def initialize(root, pid, mounts)
      @root = root
      @pid = pid
      @mounts = mounts
    end

    # A Found whose descriptor the caller closes. Raises SystemCallError as open(2) would.
    def find(path, follow:)
      tries ||= 0
      walk(path, follow)
    rescue Errno::EINVAL # a symlink was replaced by something else between the look at it and the reading of its text
      (tries += 1) < TRIES ? retry : raise
    end

    # The text of the symlink `name` in the directory `parent`, whose path is `names`, as the target's process would read it.
    def link_text(parent, names, name)
      text = ::File.readlink("/proc/self/fd/#{parent.fileno}/#{name}").b
      self_link?(name, text, parent) ? target_self(text, "/#{[*names, name].join('/')}") : text
    end

    private

    def walk(path, follow)
      trail = [Found.new(@root, [])]
      links = 0
      todo = path.b.split("/", -1)
      must_be_directory = todo.size > 1 && ["", ".", ".."].include?(todo.last)
      todo.reject! { |name| name.empty? || name == "." }
      until todo.empty?
        name = todo.shift
        next leave(trail) if name == ".."

        found = step(trail.last, name)
        unless found.io.stat.symlink? && (follow || todo.any? || must_be_directory)
          enter(trail, found, todo.any? || must_be_directory)
          next
        end
        todo = expand(trail, found, links += 1).concat(todo)
      end
      take_last(trail)
    ensure
      trail&.each { |found| close(found) }
    end

    def leave(trail)
      close(trail.pop) if trail.size > 1
    end

    def enter(trail, found, directory_wanted)
      trail.push(found)
      raise Errno::ENOTDIR, found.path if directory_wanted && !found.io.stat.directory?
    end

    # The last one leaves the trail, so that `ensure` does not close it.
    def take_last(trail)
      return trail.pop if trail.size > 1

      Found.new(::File.open("/proc/self/fd/#{@root.fileno}", ::File::RDONLY), [])
    end

    def close(found)
      found.io.close unless found.io.equal?(@root) || found.io.closed?
    end

    # /proc/1 is the pause process of the pod; a container sees its own main process there.
    def step(parent, name)
      name = @pid.to_s if @pid && name == "1" && parent.names == ["proc"]
      path = "/proc/self/fd/#{parent.io.fileno}/#{name}"
      Found.new(::File.open(path, OpenHow::O_PATH | ::File::NOFOLLOW), parent.names + [name])
    end

    # The names that the symlink stands for; an absolute one starts again at the root.
    def expand(trail, found, count)
      raise Errno::ELOOP if count > MAX_LINKS

      text = link_text(trail.last.io, trail.last.names, found.names.last)
      text = expand_proc(found, text) if @mounts.proc?(found.io)
      raise Errno::ENOENT, found.path if text.empty?

      close(trail.pop) while text.start_with?("/") && trail.size > 1
      text.split("/").reject { |part| part.empty? || part == "." }
    ensure
      close(found)
    end

    # `self` and `thread-self` of procfs name the process that reads.
    def self_link?(name, text, parent)
      %w[self thread-self].include?(name) && text.match?(SELF) && @mounts.proc?(parent)
    end

    def target_self(text, path)
      pid, task = text.match(SELF).captures
      raise Unreadable, "#{path} means the scanner's own process" unless @pid && pid.to_i == Process.pid

      task.empty? ? @pid.to_s : "#{@pid}/task/#{@pid}"
    end

    # On procfs, links such as `root`, `exe` and `fd/3` jump out of every root: only the target's own root is known.
    def expand_proc(found, text)
      return "/" if @pid && found.names == ["proc", @pid.to_s, "root"]
      return text unless text.match?(%r{\A/|:})

      raise Unreadable, "#{found.path} leads out of the target's file system and is not followed"
    end
  end
end
