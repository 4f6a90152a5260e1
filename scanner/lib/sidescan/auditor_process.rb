# frozen_string_literal: true

require "json"
require "socket"
require "sidescan/coverage"

module Sidescan
  # The auditor in a child process: a crash, an exit or a kill of it is seen here, and the receipt is still left.
  class AuditorProcess
    TAIL_BYTES = 16_384
    ENVIRONMENT = { "PATH" => "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG" => "C.UTF-8", "TERM" => "dumb" }.freeze

    # `profiles`: what the auditor said of each profile when it had run them; `crash`: the error that ended it instead. Both as CoverageLog told.
    attr_reader :coverage, :profiles, :crash

    # Starts the child; it loads the auditor at once and waits for `run`.
    def self.start(home, max_report_bytes)
      ours, theirs = UNIXSocket.pair
      output, output_end = IO.pipe
      events, events_end = IO.pipe
      pid = fork do
        [ours, output, events].each(&:close)
        Process.setrlimit(:FSIZE, max_report_bytes + 1)
        child(theirs, output_end, events_end, home)
      end
      [theirs, output_end, events_end].each(&:close)
      new(pid, ours, output, events)
    end

    def initialize(pid, control, output, events)
      @pid = pid
      @control = control
      @tail = String.new
      @coverage = Coverage.new
      @loaded = Queue.new
      @readers = [Thread.new { keep_tail(output) }, Thread.new { take_all(events) }]
    end

    # Hands over the root and runs; returns the Process::Status when the child has ended.
    def run(target, given:, archive:, report:, socket:, allow:)
      @redaction = given.redaction
      @control.send_io(target.root)
      @control.puts(JSON.generate(pid: target.pid, given: given.place, archive: archive, report: report, socket: socket, allow: allow))
      status = Process.wait2(@pid).last
      @pid = nil
      @readers.each { |reader| reader.join(2) }
      status
    rescue Errno::EPIPE # it died while it loaded
      Process.wait2(@pid).last.tap { @pid = nil }
    end

    # {name:, version:} of the auditor, once it is loaded; nil if it ended before.
    def loaded
      @auditor ||= @loaded.pop
    end

    # What the auditor printed last, as text, without the values of sensitive inputs.
    def tail
      text = @tail.dup.force_encoding("UTF-8").scrub
      return text unless @redaction&.any?

      text = text.partition("\n").last if @cut # a line without its begin may hold half a value
      @redaction.of(text)
    end

    def kill
      Process.kill(:KILL, @pid) if @pid
    rescue Errno::ESRCH
      nil
    end

    def self.child(control, output, events, home)
      Signal.trap("TERM", "DEFAULT")
      $stdin.reopen("/dev/null")
      $stdout.reopen(output)
      $stderr.reopen(output)
      $stdout.sync = events.sync = true
      ENV.replace(ENVIRONMENT.merge("HOME" => home))
      require "sidescan/auditor"
      Auditor.load
      log = CoverageLog.new(events)
      log.auditor(Auditor.package, Inspec::VERSION)
      serve(control, log)
    end

    def self.serve(control, log)
      root = control.recv_io(File)
      order = JSON.parse(control.gets, symbolize_names: true)
      pid = order.fetch(:pid)
      given = Given.find(*order.fetch(:given))
      SensitiveInputs.show_whole_values if given.redaction.any?
      hold = order[:socket] && Hold::Client.new(order[:socket], pid: pid)
      Session.start(root: Root.new(root, pid: pid), hold: hold, allow: order.fetch(:allow), coverage: log, given: given)
      Auditor.run(order.fetch(:archive), order.fetch(:report), pid)
    end
    private_class_method :child, :serve

    private

    def take_all(events)
      events.each_line { |line| take(JSON.parse(line)) }
    ensure
      @loaded.close
    end

    def take(event)
      case event["kind"]
      when "auditor" then @loaded.push({ name: event["name"], version: event["version"] })
      when "profiles" then @profiles = event
      when "crash" then @crash = event
      else @coverage.add(event)
      end
    end

    def keep_tail(output)
      loop do
        @tail << output.readpartial(65_536)
        next if @tail.bytesize <= TAIL_BYTES

        @cut = true
        @tail = @tail.byteslice(-TAIL_BYTES, TAIL_BYTES)
      end
    rescue EOFError
      nil
    end
  end
end
