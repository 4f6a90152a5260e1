# frozen_string_literal: true

require "time"
require "sidescan/coverage"
require "sidescan/frames"
require "sidescan/receipt"

module Sidescan
  # The end of every scan, good or bad: the report's frames, then the receipt in both places.
  class Ending
    # For the receipt of a scan whose auditor never came to run.
    NOT_LOADED = { name: "inspec-core", version: "not loaded" }.freeze

    # `identity`: {scan:, attempt:}.
    def initialize(identity, started, places)
      @identity = identity
      @started = started
      @places = places
    end

    # `run`: a ScanRun, nil where the command line was wrong; `failure`: nil for a result. Returns the exit status.
    def leave(run, failure)
      receipt = Receipt.new(fields(run, failure))
      frames = Frames.new($stdout)
      frames.report(run.report) if run&.report
      quote(run, failure) if failure
      receipt.leave(@places.termination_log)
      frames.receipt(receipt.to_json)
      receipt.ok? ? 0 : 1
    end

    private

    def fields(run, failure)
      { **@identity, ok: failure.nil?, exitCode: run&.exit_code, report: run&.report&.to_receipt, profile: run&.archive&.to_receipt,
        inputs: run&.given&.to_receipt, target: run&.target&.to_receipt(run.arguments.container), auditor: run&.auditor || NOT_LOADED, coverage: run ? run.coverage : Coverage.new.to_receipt,
        startedAt: @started.iso8601(3), finishedAt: Time.now.utc.iso8601(3), error: failure && { code: failure.code, message: failure.message } }
    end

    # For people who read the log; every line has a mark, so that nothing in it can look like a frame.
    def quote(run, failure)
      text = "#{failure.code}: #{failure.message}\n#{run&.auditor_tail}"
      text.scrub.lines.last(60).each { |line| $stderr.syswrite("scan: #{line.chomp[0, 500]}\n") }
    end
  end
end
