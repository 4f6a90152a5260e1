# frozen_string_literal: true

require "sidescan/process_list"

module Sidescan
  module Answers
    # `ps` as the auditor's resource `processes` asks it: the processes of the target's container and of no other.
    class Processes
      HEADER = "LABEL PID %CPU %MEM VSZ RSS TT STAT STARTED TIME USER COMMAND"

      def initialize(root, accounts)
        @list = ProcessList.new(root.pid)
        @accounts = accounts
      end

      def answer(command)
        case command
        when "ps --help" then [""]
        when /\Aps wwaxo label,pid,pcpu,pmem,vsz,rss,tty,stat,start,time,user(?::\d+)?,command\z/ then table
        end
      end

      private

      def table
        [[HEADER, *@list.entries.map { |process| row(process) }].join("\n") << "\n"]
      end

      def row(process)
        user = @accounts.user_name(process.uid) || process.uid
        ["-", process.pid, "0.0", "0.0", process.virtual_kib, process.resident_kib, "?", process.state, process.started, process.cpu_time, user,
         process.command].join(" ")
      end
    end
  end
end
