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
      refuse("process #{pid} has moved into another root than its container's") unless @entry.whole_root?
      refuse("process #{pid} is in container #{@kubelet_name}, not #{container}") if @kubelet_name && @kubelet_name != container
      refuse("process #{pid} is in pod #{@pod_uid}, not #{pod_uid}") if @pod_uid && pod_uid && @pod_uid != pod_uid
      self
    end

    # True if the process is the one that it was, in the same container, with the same root.
    def same?
      change.nil?
    end

    # Raises TARGET_EXITED unless same?.
    def recheck
      why = change
      raise Failure.new("TARGET_EXITED", "the target changed or ended during the scan: #{why}") if why
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

    def change
      return "process #{pid} is another one now" unless @entry.start_time == start_time
      return "process #{pid} has ended" if @entry.dead?
      return "its container id changed" unless @entry.container_id == container_id

      now = File.stat("/proc/#{pid}/root")
      [now.dev, now.ino] == [root_device, root_inode] ? nil : "its root is another one now"
    rescue SystemCallError => e
      "process #{pid}: #{e.class.new.message}"
    end
  end
end
