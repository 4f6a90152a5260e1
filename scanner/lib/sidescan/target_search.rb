# frozen_string_literal: true

require "sidescan/failure"
require "sidescan/hold/client"
require "sidescan/proc_entry"
require "sidescan/target"

module Sidescan
  # Waits for the target's process and proves it: the process at the other end of hold's socket, or the oldest one of the container.
  class TargetSearch
    PAUSE_SECONDS = 0.02
    # An engine needs some milliseconds from a container's first process to its root; the auditor takes longer to load.
    SETTLE_SECONDS = 0.25
    # A container's only process that is in another root will not come back from there.
    MOVED_SECONDS = 1

    def initialize(container:, pod_uid:, socket:)
      @container = container
      @pod_uid = pod_uid
      @hold = Hold::Client.new(socket)
    end

    # A checked Target by `proof` (:hold or :process). Waits without end: the caller's deadline ends it, and `missing` says what it waited for.
    def find(proof)
      loop do
        target = proof == :hold ? held : settled
        return target.check(@container, @pod_uid) if target

        sleep PAUSE_SECONDS
      rescue Errno::ENOENT, Errno::ESRCH
        @missing = "the target's process ended while it was looked at"
        sleep PAUSE_SECONDS
      end
    end

    # What is awaited, for the message at the deadline.
    attr_reader :missing

    private

    def held
      pid_of_hold&.then { |pid| Target.open(pid, :hold) }
    end

    # A container's first process may still be the engine's own, with the node's root: only what stays the same is the target's.
    def settled
      pid = pid_of_container or return nil
      target = Target.open(pid, :process)
      sleep SETTLE_SECONDS
      return target if pid_of_container == pid && target.same? && !ProcEntry.new(pid).engine?

      @missing = "the container is still being started"
      nil
    end

    def pid_of_hold
      pid, hello = @hold.greet
      refuse("the process that answers as the target is not visible in the scanner's PID namespace") if pid.zero?
      stat = File.stat("/proc/#{pid}/root")
      return pid if hello.values_at("root_device", "root_inode") == [stat.dev.to_s, stat.ino.to_s]

      refuse("the root of process #{pid} is not the one that the target's hold reports")
    rescue Errno::ENOENT, Errno::ECONNREFUSED, Errno::EAGAIN, Hold::Broken => e
      @missing = "the target does not answer on its socket: #{e.message}"
      nil
    rescue Errno::EACCES, Errno::EPERM => e
      raise Failure.new("TARGET_UNREADABLE", "the scanner may not look at the target's process: #{e.message}")
    end

    def pid_of_container
      entries = processes
      group = by_kubelet(entries) || by_namespace(entries)
      return oldest(group) if group.any?

      @missing = "no process of the container #{@container} is there"
      nil
    end

    # The living processes with the facts that say whose they are; `namespace` is nil where the scanner may not see it.
    def processes
      ProcEntry.all.filter_map do |entry|
        # The auditor, our child, is closed even to us in mode "restricted".
        next if entry.dead? || entry.kernel_thread? || [entry.pid, entry.parent].include?(Process.pid)

        { entry: entry, namespace: namespace_of(entry), kubelet: entry.kubelet_container, id: entry.container_id }
      rescue Errno::ENOENT, Errno::ESRCH
        next
      end
    end

    def namespace_of(entry)
      entry.mount_namespace
    rescue Errno::EACCES, Errno::EPERM
      nil
    end

    # nil where the engine makes no kubelet mounts; empty where the container has no process yet.
    def by_kubelet(entries)
      return nil unless ProcEntry.new(Process.pid).kubelet_container

      refuse("the pod's UID is not known to the scanner (POD_UID)") unless @pod_uid
      group = entries.select { |process| process[:kubelet] == [@pod_uid, @container] }
      watch_moved(entries) if group.empty?
      one_container(group)
    end

    # After chroot(2) a process no longer shows the kubelet's mount; that of the infra container never has one.
    def watch_moved(entries)
      infra = entries.find { |process| process[:entry].pid == 1 }
      moved = entries.find { |process| process[:kubelet].nil? && process[:id] && process[:id] != infra&.fetch(:id) && !process[:entry].engine? }
      @moved_since = nil unless moved
      return unless moved

      @moved_since ||= Process.clock_gettime(Process::CLOCK_MONOTONIC)
      lasting = Process.clock_gettime(Process::CLOCK_MONOTONIC) - @moved_since > MOVED_SECONDS
      refuse("process #{moved[:entry].pid} has moved into another root than its container's") if lasting
    end

    # PID 1 of a shared PID namespace is the infra container's.
    def by_namespace(entries)
      first = entries.find { |process| process[:entry].pid == 1 }
      known = [namespace_of(ProcEntry.new(Process.pid)), first&.fetch(:namespace)].compact
      rest = entries.reject { |process| process.equal?(first) || known.include?(process[:namespace]) }
      hidden = rest.find { |process| process[:namespace].nil? }
      raise Failure.new("TARGET_UNREADABLE", "the scanner may not look at process #{hidden[:entry].pid}") if hidden

      groups = rest.group_by { |process| process[:namespace] }.values
      refuse("#{groups.size} mount namespaces could be the target's") if groups.size > 1
      one_container(groups.first || [])
    end

    def one_container(group)
      return group if group.map { |process| process[:id] }.uniq.size <= 1

      @missing = "two containers named #{@container} have processes"
      []
    end

    # Programs started by `exec` are younger than the container's main process.
    def oldest(group)
      group.map { |process| process[:entry] }.min_by { |entry| [entry.start_time, entry.pid] }.pid
    end

    def refuse(why)
      raise Failure.new("TARGET_NOT_PROVEN", why)
    end
  end
end
