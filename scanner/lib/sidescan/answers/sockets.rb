# frozen_string_literal: true

require "sidescan/socket_list"

module Sidescan
  module Answers
    # `ss` as the auditor's resource `port` asks it: every socket of the pod's network, with the process that holds it where that is the target's.
    class Sockets
      HEADER = "Netid State  Recv-Q Send-Q Local Address:Port Peer Address:Port Process"

      def initialize(root, _accounts)
        @list = SocketList.new(root.pid)
      end

      def answer(command)
        case command
        when /\Ass -tulpen(?: '\( dport = (\d+) or sport = \1 \)')?\z/ then table(Regexp.last_match(1)&.to_i)
        end
      end

      private

      def table(port)
        rows = @list.entries.select { |socket| port.nil? || socket.port == port }.map { |socket| row(socket) }
        [[HEADER, *rows].join("\n") << "\n"]
      end

      def row(socket)
        "#{socket.protocol} #{socket.state} 0 0 #{socket.shown_address}:#{socket.port} #{socket.any_address}:* " \
          "#{users(socket)}ino:#{socket.inode} sk:0#{' v6only:1' if socket.six?}"
      end

      def users(socket)
        "users:((\"#{socket.program}\",pid=#{socket.pid},fd=#{socket.fd})) " if socket.pid
      end
    end
  end
end
