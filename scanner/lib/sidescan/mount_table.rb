# frozen_string_literal: true

module Sidescan
  # The mounts of the target's mount namespace, as /proc/PID/mountinfo lists them. For a plain directory: the scanner's own.
  class MountTable
    # One mount; `point`, `source` and `options` as they are shown inside the target, `device`: major and minor of st_dev.
    Mount = Struct.new(:device, :point, :type, :source, :options, keyword_init: true)

    def initialize(pid)
      @path = "/proc/#{pid || 'self'}/mountinfo"
    end

    # True if the descriptor is on procfs, where symlinks do not mean what their text says.
    def proc?(io)
      stat = io.stat
      type_of("#{stat.dev_major}:#{stat.dev_minor}") == "proc"
    end

    # All mounts, oldest first.
    def list
      ::File.binread(@path).each_line(chomp: true).filter_map { |line| parse(line) }
    end

    private

    def type_of(device)
      @types = list.to_h { |mount| [mount.device, mount.type] } unless @types&.key?(device)
      @types[device]
    end

    def parse(line)
      left, right = line.split(" - ", 2)
      return nil if right.nil?

      _id, _parent, device, _root, point, mount_options = left.split
      type, source, super_options = right.split(" ", 3)
      Mount.new(device: device, point: unescape(point), type: type, source: unescape(source), options: merge(mount_options, super_options.to_s))
    end

    # As mount(8) prints them: the mount's own ro/rw, then the rest of both lists.
    def merge(mount_options, super_options)
      own = mount_options.split(",")
      (own + super_options.split(",").reject { |option| %w[ro rw].include?(option) }).uniq.join(",")
    end

    def unescape(text)
      text.gsub(/\\([0-7]{3})/) { $1.oct.chr }
    end
  end
end
