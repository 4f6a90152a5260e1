# frozen_string_literal: true

require "ipaddr"
require "sidescan/process_list"

module Sidescan
  # The listening TCP and bound UDP sockets of the target's network; pid, fd and program of those that its own processes hold open.
  class SocketList
    Entry = Struct.new(:protocol, :state, :address, :port, :inode, :pid, :fd, :program, keyword_init: true) do
      def six?
        address.ipv6?
      end

      def shown_address
        six? ? "[#{address}]" : address.to_s
      end

      def any_address
        six? ? "[::]" : "0.0.0.0"
      end
    end
    # File below /proc/PID/net → the state of a socket that waits: LISTEN for TCP, unconnected for UDP.
    TABLES = { "tcp" => "0A", "tcp6" => "0A", "udp" => "07", "udp6" => "07" }.freeze

    def initialize(pid)
      @pid = pid
      @processes = ProcessList.new(pid)
    end

    def entries
      return [] unless @pid

      holders = holders_by_inode
      TABLES.flat_map { |table, state| rows(table, state).map { |fields| entry(table, fields, holders[fields[9]]) } }
    end

    private

    def rows(table, state)
      ::File.readlines("/proc/#{@pid}/net/#{table}").drop(1).map(&:split).select { |fields| fields[3] == state }
    rescue Errno::ENOENT # a kernel without IPv6
      []
    end

    def entry(table, fields, holder)
      address, port = fields[1].split(":")
      Entry.new(protocol: table[0, 3], state: table.start_with?("tcp") ? "LISTEN" : "UNCONN", address: address_of(address), port: port.hex,
                inode: fields[9], pid: holder&.at(0), fd: holder&.at(1), program: holder&.at(2))
    end

    # The kernel prints each 32-bit word in the byte order of the machine.
    def address_of(hex)
      IPAddr.new_ntoh(hex.scan(/.{8}/).map { |word| [word.hex].pack("L") }.join)
    end

    def holders_by_inode
      @processes.pids.each_with_object({}) do |pid, holders|
        program = ::File.binread("/proc/#{pid}/comm").chomp.force_encoding("UTF-8").scrub
        Dir.children("/proc/#{pid}/fd").each do |fd|
          inode = ::File.readlink("/proc/#{pid}/fd/#{fd}")[/\Asocket:\[(\d+)\]/, 1]
          holders[inode] ||= [pid, fd.to_i, program] if inode
        rescue Errno::ENOENT
          next
        end
      rescue Errno::ENOENT, Errno::ESRCH
        next
      end
    end
  end
end
