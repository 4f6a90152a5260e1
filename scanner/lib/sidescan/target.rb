# frozen_string_literal: true

require "sidescan/failure"
require "sidescan/proc_entry"

module Sidescan
  # The process that was proven to be the target's, and its root, kept open: it stays the same root if the PID is reused.
  class Target
    attr_reader :pid, :start_time, :container_id, :pod_uid, :root, :proof

    # Opens the root of `pid`, which `proof` found. Raises Failure; Errno::ENOENT and ESRCH where the process is gone.
    def self.open(pid, proof)
      entry = ProcEntry.new(pid)
      start_time = entry.start_time
      root = File.open("/proc/#{pid}/root", File::RDONLY)
      target = new(entry, start_time, root, proof)
      return target if entry.start_time == start_time && !entry.dead?

      raise Errno::ESRCH
    rescue Errno::EACCES, Errno::EPERM => e
      raise Failure.new("TARGET_UNREADABLE", "the scanner may not open the root of the target's process #{pid}: #{e.message}")
    end

    def initialize(entry, start_time, root, proof)
      @entry = entry
      @pid = entry.pid
      @start_time = start_time
      @root = root
      @proof = proof
      @container_id = entry.container_id
      @pod_uid, @kubelet_name = entry.kubelet_container
    end

    def root_device
      @root.stat.dev
    end

    def root_inode
      @root.stat.ino
    end

    # Raises TARGET_NOT_PROVEN if this is the scanner's own container, or another one than the engine calls `container`.
    def check(container, pod_uid)
      refuse("process #{pid} lives in the scanner's own mount namespace") if @entry.mount_namespace == ProcEntry.new(Process.pid).mount_namespace
      refuse("process #{pid} is in container #{@kubelet_name}, not #{container}") if @kubelet_name && @kubelet_name != container
      refuse("process #{pid} is in pod #{@pod_uid}, not #{pod_uid}") if @pod_uid && pod_uid && @pod_uid != pod_uid
      self
    end

    # Raises TARGET_EXITED if the process is not the one that it was, or has another root.
    def recheck
      gone("process #{pid} is another one now") unless @entry.start_time == start_time
      gone("process #{pid} has ended") if @entry.dead?
      gone("its container id changed") unless @entry.container_id == container_id
      now = File.stat("/proc/#{pid}/root")
      gone("its root is another one now") unless [now.dev, now.ino] == [root_device, root_inode]
    rescue SystemCallError => e
      gone(e.message)
    end

    # The receipt's word for it.
    def to_receipt(container)
      { container: container, pid: pid, containerId: container_id, proof: proof.to_s, podUid: pod_uid,
        rootDevice: root_device, rootInode: root_inode }
    end

    private

    def refuse(why)
      raise Failure.new("TARGET_NOT_PROVEN", why)
    end

    def gone(why)
      raise Failure.new("TARGET_EXITED", "the target changed or ended during the scan: #{why}")
    end
  end
end
