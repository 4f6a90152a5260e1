# frozen_string_literal: true

require "io/wait"
require "sidescan/arguments"
require "sidescan/failure"
require "sidescan/ending"
require "sidescan/places"
require "sidescan/scan_run"

module Sidescan
  # One scan, from the command line to the receipt.
  module Scan
    # Runs the scan that `argv` asks for. Returns the exit status: 0 if and only if the receipt says ok.
    def self.main(argv, places)
      started = Time.now.utc
      Encoding.default_external = Encoding::UTF_8 # no environment is needed: LANG may be unset
      arguments = Arguments.parse(argv)
      # `ps aux | grep nginx` in the pod would find `--allow nginx`, and count it as the target's.
      Process.setproctitle("/usr/bin/ruby /opt/sidescan/bin/scan --scan #{arguments.scan} --attempt #{arguments.attempt}")
      run = ScanRun.new(arguments, places)
      ending = Ending.new(arguments.to_h.slice(:scan, :attempt), started, places)
      ending.leave(run, watch(run, arguments.deadline)).tap { run.dismiss_target }
    rescue Failure => e
      Ending.new(Arguments.identity(argv), started, places).leave(nil, e)
    end

    # Lets the run go on until it ends, time is up or somebody stops it. Returns its Failure, nil where it has a result.
    def self.watch(run, deadline)
      wake, waker = IO.pipe
      %w[TERM INT].each { |signal| trap(signal) { waker.write_nonblock("S") } }
      run.start_auditor
      work = Thread.new { attempt(run).tap { waker.write_nonblock("D") } }
      woken = wake.wait_readable(deadline) && wake.readpartial(1)
      return work.value if woken == "D"

      work.kill
      woken ? Failure.new("SCANNER_FAILED", "the scanner was told to stop") : Failure.new("TIMEOUT", run.overdue(deadline))
    ensure
      run.stop_auditor
    end

    def self.attempt(run)
      run.call
      nil
    rescue Failure => e
      e
    rescue StandardError, ScriptError, NoMemoryError => e
      Failure.new("SCANNER_FAILED", "#{e.class}: #{e.message} at #{Array(e.backtrace).first}")
    end
    private_class_method :watch, :attempt
  end
end
