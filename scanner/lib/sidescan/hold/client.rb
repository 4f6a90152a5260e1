# frozen_string_literal: true

require "sidescan/hold/frames"

module Sidescan
  module Hold
    # What one command did: bytes of stdout and stderr, exit status, programs refused ([reason, name]) and programs of the image that ran,
    # and the `key=value` facts of the exit frame.
    Answer = Struct.new(:stdout, :stderr, :status, :refused, :target_programs, :facts, keyword_init: true) do
      def flag?(key)
        facts.fetch(key, "0").to_i.positive?
      end
    end

    # Runs commands in the target through its `hold` process. One connection a command.
    class Client
      PROTOCOL = "1"
      CONNECT_SECONDS = 5
      # Beyond the command's own deadline, which hold enforces: time to kill it and to say so.
      GRACE_SECONDS = 5

      # `pid`: the process that must answer; nil while it is not known yet.
      def initialize(path, pid: nil)
        @path = path
        @pid = pid
      end

      # [PID of hold as the kernel says, its hello as a Hash].
      def greet
        open { |frames, hello| [frames.peer_pid, hello] }
      end

      # The Answer to `bash -c command`. Raises Broken where hold failed, was not the target's, or the answer is not whole.
      def run(command, deadline_ms:, allow: [])
        open do |frames, _hello|
          frames.until = Process.clock_gettime(Process::CLOCK_MONOTONIC) + (deadline_ms / 1000.0) + GRACE_SECONDS
          frames.send("C", command)
          frames.send("L", "deadline_ms=#{deadline_ms}\n")
          allow.each { |program| frames.send("A", program) }
          frames.send("G")
          collect(frames)
        end
      end

      # Lets hold, and with it the target's container, end.
      def dismiss
        open { |frames, _hello| frames.send("Q") }
      end

      private

      def open
        frames = Frames.connect(@path, within: CONNECT_SECONDS)
        raise Broken, "another process answers on the socket of the target" if @pid && frames.peer_pid != @pid

        type, payload = frames.receive
        raise Broken, payload.force_encoding("UTF-8").scrub if type == "F"

        hello = facts(payload)
        raise Broken, "hold speaks another protocol: #{hello['protocol'].inspect}" unless type == "H" && hello["protocol"] == PROTOCOL

        yield frames, hello
      ensure
        frames&.close
      end

      def collect(frames)
        answer = Answer.new(stdout: String.new, stderr: String.new, refused: [], target_programs: [])
        loop do
          type, payload = frames.receive
          return finish(answer, payload) if type == "X"

          add(answer, type, payload)
        end
      end

      def add(answer, type, payload)
        case type
        when "O" then answer.stdout << payload
        when "E" then answer.stderr << payload
        when "R" then answer.refused << text(payload).split(" ", 2)
        when "T" then answer.target_programs << text(payload)
        when "F" then raise Broken, text(payload)
        else raise Broken, "hold sent a frame of the unknown type #{type.inspect}"
        end
      end

      def finish(answer, payload)
        answer.facts = facts(payload)
        answer.status = Integer(answer.facts.fetch("status"), 10)
        answer
      rescue KeyError, ArgumentError
        raise Broken, "hold sent an exit frame without a status"
      end

      def facts(payload)
        text(payload).each_line(chomp: true).filter_map { |line| line.split("=", 2) if line.include?("=") }.to_h
      end

      def text(payload)
        payload.dup.force_encoding("UTF-8").scrub
      end
    end
  end
end
