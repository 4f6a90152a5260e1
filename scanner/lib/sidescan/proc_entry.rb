# frozen_string_literal: true

module Sidescan
  # One process as /proc shows it. Every reader raises SystemCallError where the process is gone or may not be seen.
  class ProcEntry
    # The kubelet mounts this path of the node at the termination message path of every container; reading it needs no permission.
    KUBELET_MOUNT = %r{/pods/([0-9a-f-]{36})/containers/([^/ ]+)/[0-9a-f]{8}(?://deleted)?\z}
    # Before pivot_root(2) the engine's first process still has the node's root; its mounts are then below the bundle's rootfs.
    BEING_BUILT = "/rootfs/"
    ENGINE = /\A(?:runc|crun|youki)(?:$|:\[)/
    CONTAINER_ID = %r{(?:\A|[/:-])([0-9a-f]{64})(?=[./]|\z)}

    attr_reader :pid

    # All processes that this one sees.
    def self.all
      Dir.children("/proc").grep(/\A\d+\z/).map { |name| new(name.to_i) }
    end

    def initialize(pid)
      @pid = pid
    end

    # Start time in clock ticks since boot: with the PID it names one process for ever.
    def start_time
      File.binread("/proc/#{pid}/stat").rpartition(")")[2].split[19].to_i
    end

    # A zombie still has a start time, but no root any more.
    def dead?
      %w[Z X x].include?(File.binread("/proc/#{pid}/stat").rpartition(")")[2].split[0])
    end

    # True while the process is still the engine's own, which builds the container: its root may be the node's. Its name changes with exec.
    def engine?
      File.binread("/proc/#{pid}/comm").match?(ENGINE)
    end

    def kernel_thread?
      File.binread("/proc/#{pid}/status")[/^VmSize:/].nil?
    end

    def parent
      File.binread("/proc/#{pid}/stat").rpartition(")")[2].split[1].to_i
    end

    # True if its root is that of its container: every engine mounts procfs at /proc there, and after chroot(2) no folder has that.
    def whole_root?
      File.foreach("/proc/#{pid}/mountinfo", mode: "rb") do |line|
        left, right = line.split(" - ", 2)
        return true if left.split[4] == "/proc" && right&.start_with?("proc ")
      end
      false
    end

    def mount_namespace
      File.readlink("/proc/#{pid}/ns/mnt")
    end

    # 64 hex digits, or nil where no cgroup path shows one or the paths disagree.
    def container_id
      ids = File.binread("/proc/#{pid}/cgroup").each_line.filter_map { |line| line.chomp.scan(CONTAINER_ID).last&.first }.uniq
      ids.size == 1 ? ids.first : nil
    end

    # [pod UID, container name] as the kubelet says, or nil where the engine makes no such mount.
    def kubelet_container
      File.foreach("/proc/#{pid}/mountinfo", mode: "rb") do |line|
        _id, _parent, _device, root, point = line.split
        match = root.to_s.match(KUBELET_MOUNT)
        return [match[1], match[2]] if match && !point.include?(BEING_BUILT)
      end
      nil
    end
  end
end
