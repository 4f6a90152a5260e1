# frozen_string_literal: true

require "io/wait"
require "json"
require "sidescan/failure"
require "sidescan/profile_archive"
require "sidescan/report_file"

module Sidescan
  module Describe
    # The work of one description: the archive, then the auditor in a child process, since a profile is code that may crash, exit or never end.
    class Run
      TAIL_BYTES = 16_384
      ENVIRONMENT = { "PATH" => "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG" => "C.UTF-8", "TERM" => "dumb" }.freeze

      # `archive`: the ProfileArchive, once its digest is known to be the one asked for; `auditor`: {name:, version:}; `report`: a ReportFile.
      attr_reader :archive, :auditor, :report

      def initialize(arguments, places)
        @arguments = arguments
        @places = places
        @tail = String.new
      end

      # What the auditor printed last, as text.
      def tail
        @tail.dup.force_encoding("UTF-8").scrub
      end

      # Raises Failure unless there is a description; what is wrong with the profile is in it, as long as it could be read at all.
      def call
        archive = ProfileArchive.find(@places.profile, @arguments.digest)
        archive.check_digest(@arguments.digest)
        @archive = archive
        archive.check_content
        status = watch
        killed(status.termsig) if status.signaled?
        @report = within_limits(ReportFile.publish(@places.unfinished_report, @places.report)) if status.success?
        raise Failure.new("SCANNER_FAILED", "the auditor ended with exit code #{status.exitstatus} and no description: #{last_words}") unless @report
      end

      private

      # Process::Status of the child. Raises TIMEOUT at the deadline, SCANNER_FAILED when told to stop.
      def watch
        wake, waker = IO.pipe
        %w[TERM INT].each { |signal| trap(signal) { waker.write_nonblock("S") } }
        pid, output, words = start
        readers = [Thread.new { keep_tail(output) }, Thread.new { words.each_line { |line| @auditor = JSON.parse(line, symbolize_names: true) } }]
        work = Thread.new { Process.wait2(pid).last.tap { waker.write_nonblock("D") } }
        woken = wake.wait_readable(@arguments.deadline) && wake.readpartial(1)
        return work.value.tap { readers.each { |reader| reader.join(2) } } if woken == "D"

        Process.kill(:KILL, pid)
        raise Failure.new("SCANNER_FAILED", "the scanner was told to stop") if woken

        raise Failure.new("TIMEOUT", "the profile was not read within #{@arguments.deadline} s")
      end

      # Its pid, and the pipes of its output and of what it says of itself.
      def start
        output, output_end = IO.pipe
        words, words_end = IO.pipe
        pid = fork do
          [output, words].each(&:close)
          Process.setrlimit(:FSIZE, @arguments.max_report_bytes + 1)
          child(output_end, words_end)
        end
        [output_end, words_end].each(&:close)
        [pid, output, words]
      end

      def child(output, words)
        %w[TERM INT].each { |signal| Signal.trap(signal, "DEFAULT") }
        $stdin.reopen("/dev/null")
        $stdout.reopen(output)
        $stderr.reopen(output)
        $stdout.sync = words.sync = true
        ENV.replace(ENVIRONMENT.merge("HOME" => @places.work))
        require "sidescan/describe/description"
        Description.load
        words.puts(JSON.generate(name: Auditor.package, version: Inspec::VERSION))
        description = Description.new(@archive, @places.work).to_h
        File.write(@places.unfinished_report, JSON.generate(description))
        exit! 0
      rescue Exception => e # rubocop:disable Lint/RescueException -- a profile may raise anything, SystemExit too
        warn "#{e.class}: #{e.message}", *Array(e.backtrace).first(20)
        exit! 1
      end

      def killed(signal)
        raise Failure.new("REPORT_TOO_LARGE", "the texts are larger than the limit of #{@arguments.max_report_bytes} bytes") if signal == Signal.list["XFSZ"]

        raise Failure.new("SCANNER_FAILED", "the auditor was killed by signal #{signal}: it ran out of memory, or the profile killed it")
      end

      def within_limits(published)
        return nil unless published

        too_large("#{published.bytes} bytes, the limit is #{@arguments.max_report_bytes}") if published.bytes > @arguments.max_report_bytes
        compressed = published.gzip.bytesize
        too_large("#{compressed} bytes compressed, and the log carries at most #{@arguments.max_log_bytes}") if compressed > @arguments.max_log_bytes
        published
      end

      def too_large(how)
        raise Failure.new("REPORT_TOO_LARGE", "the texts have #{how}")
      end

      def last_words
        text = tail.lines.map(&:strip).reject(&:empty?).first(3).join(" ")
        text.empty? ? "it said nothing" : text
      end

      def keep_tail(output)
        loop do
          @tail << output.readpartial(65_536)
          @tail = @tail.byteslice(-TAIL_BYTES, TAIL_BYTES) if @tail.bytesize > TAIL_BYTES
        end
      rescue EOFError
        nil
      end
    end
  end
end
