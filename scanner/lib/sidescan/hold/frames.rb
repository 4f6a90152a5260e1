# frozen_string_literal: true

require "socket"

module Sidescan
  module Hold
    # The other end broke the protocol, answered too late, or went away: nothing that it said may be believed.
    class Broken < StandardError; end

    # Frames of scanner/hold/PROTOCOL.md over one connection, every read and write bounded by a moment of the monotonic clock.
    class Frames
      MAX_PAYLOAD = 1024 * 1024

      # Connects to the socket at `path`; the PID of the other end is what the kernel says, not what the peer says.
      def self.connect(path, within:)
        address = Socket.sockaddr_un(path)
        socket = Socket.new(:UNIX, :STREAM)
        socket.connect_nonblock(address)
        new(socket, Process.clock_gettime(Process::CLOCK_MONOTONIC) + within)
      rescue IO::WaitWritable
        socket.close
        raise Broken, "the socket of the target takes no connection (its queue is full)"
      rescue SystemCallError
        socket&.close
        raise
      end

      attr_writer :until

      def initialize(socket, until_moment)
        @socket = socket
        @until = until_moment
        @buffer = String.new
      end

      # PID of the process that listens, in this process's PID namespace; 0 where it is not visible here.
      def peer_pid
        @socket.getsockopt(:SOCKET, :PEERCRED).unpack("i3").first
      end

      def send(type, payload = "")
        bytes = [payload.bytesize].pack("N") << type << payload.b
        until bytes.empty?
          sent = @socket.write_nonblock(bytes, exception: false)
          sent == :wait_writable ? wait(:wait_writable) : bytes = bytes.byteslice(sent..)
        end
      rescue Errno::EPIPE, Errno::ECONNRESET
        raise Broken, "hold closed the connection"
      end

      # The next [type, payload].
      def receive
        length = take(4).unpack1("N")
        raise Broken, "hold sent a frame of #{length} bytes" if length > MAX_PAYLOAD

        [take(1), take(length)]
      end

      def close
        @socket.close
      end

      private

      def take(count)
        fill until @buffer.bytesize >= count
        @buffer.slice!(0, count)
      end

      def fill
        part = @socket.read_nonblock(65_536, exception: false)
        case part
        when :wait_readable then wait(:wait_readable)
        when nil then raise Broken, "hold closed the connection before its answer was whole"
        else @buffer << part
        end
      rescue Errno::ECONNRESET
        raise Broken, "hold closed the connection"
      end

      def wait(what)
        left = @until - Process.clock_gettime(Process::CLOCK_MONOTONIC)
        raise Broken, "hold did not answer in time" if left <= 0 || !@socket.public_send(what, left)
      end
    end
  end
end
