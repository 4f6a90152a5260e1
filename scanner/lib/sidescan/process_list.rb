# frozen_string_literal: true

require "sidescan/proc_entry"

module Sidescan
  # The processes of the target's container: those in the mount namespace of its main process. The pod's others are not the target's.
  class ProcessList
    TICKS = 100 # USER_HZ, the same on every architecture that Debian has
    Entry = Struct.new(:pid, :uid, :state, :virtual_kib, :resident_kib, :started, :cpu_time, :command, :name, keyword_init: true)

    # `pid`: the target's main process; nil for a plain directory, which has no processes.
    def initialize(pid)
      @pid = pid
    end

    def pids
      return [] unless @pid

      own = ProcEntry.new(@pid).mount_namespace
      ProcEntry.all.select { |entry| in_namespace?(entry, own) }.map(&:pid).sort
    end

    def entries
      pids.filter_map { |pid| entry(pid) }
    end

    private

    def in_namespace?(entry, namespace)
      entry.mount_namespace == namespace
    rescue SystemCallError
      false
    end

    def entry(pid)
      status = ::File.binread("/proc/#{pid}/status").scrub
      stat = ::File.binread("/proc/#{pid}/stat").rpartition(")")[2].split
      name = status[/^Name:\s+(.*)/, 1]
      Entry.new(pid: pid, uid: status[/^Uid:\s+\d+\s+(\d+)/, 1].to_i, state: state(stat, status), virtual_kib: status[/^VmSize:\s+(\d+)/, 1].to_i,
                resident_kib: status[/^VmRSS:\s+(\d+)/, 1].to_i, started: started(stat[19].to_i), cpu_time: clock((stat[11].to_i + stat[12].to_i) / TICKS),
                command: command(pid, name), name: name)
    rescue Errno::ENOENT, Errno::ESRCH
      nil
    end

    # As ps(1) shows STAT: the state, then priority, locked pages, session leader, threads, foreground.
    def state(stat, status)
      nice = stat[16].to_i
      [stat[0], ("<" if nice.negative?), ("N" if nice.positive?), ("L" if status[/^VmLck:\s+(\d+)/, 1].to_i.positive?),
       ("s" if stat[3] == status[/^Pid:\s+(\d+)/, 1]), ("l" if stat[17].to_i > 1), ("+" if stat[5] == stat[2])].join
    end

    def command(pid, name)
      line = ::File.binread("/proc/#{pid}/cmdline").tr("\0", " ").strip
      line.empty? ? "[#{name}]" : line.gsub(/[[:cntrl:]]/n, "?").force_encoding("UTF-8")
    end

    # As `ps -o start`: the time of day, or the date where it is older than a day.
    def started(ticks)
      uptime = ::File.read("/proc/uptime").to_f
      moment = Time.now - uptime + (ticks.to_f / TICKS)
      Time.now - moment < 86_400 ? moment.strftime("%H:%M:%S") : moment.strftime("%b %d").tr(" ", "-")
    end

    def clock(seconds)
      format("%<h>02d:%<m>02d:%<s>02d", h: seconds / 3600, m: seconds / 60 % 60, s: seconds % 60)
    end
  end
end
