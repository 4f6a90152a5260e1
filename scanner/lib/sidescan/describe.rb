# frozen_string_literal: true

require "time"
require "sidescan/describe/arguments"
require "sidescan/describe/run"
require "sidescan/failure"
require "sidescan/frames"
require "sidescan/places"
require "sidescan/receipt"

module Sidescan
  # The texts of one profile, from the command line to the receipt.
  module Describe
    KIND = "profile"
    NOT_LOADED = { name: "inspec-core", version: "not loaded" }.freeze

    # Describes the profile that `argv` asks for. Returns the exit status: 0 if and only if the receipt says ok.
    def self.main(argv, places)
      started = Time.now.utc
      Encoding.default_external = Encoding::UTF_8 # no environment is needed: LANG may be unset
      identity = Arguments.identity(argv)
      run = Run.new(Arguments.parse(argv), places)
      leave(identity, started, places, run, failure_of(run))
    rescue Failure => e
      leave(identity, started, places, nil, e)
    end

    def self.failure_of(run)
      run.call
      nil
    rescue Failure => e
      e
    rescue StandardError, ScriptError, NoMemoryError => e
      Failure.new("SCANNER_FAILED", "#{e.class}: #{e.message} at #{Array(e.backtrace).first}")
    end

    def self.leave(identity, started, places, run, failure)
      receipt = Receipt.new({ kind: KIND, **identity, ok: failure.nil?, report: run&.report&.to_receipt, profile: run&.archive&.to_receipt,
                              auditor: run&.auditor || NOT_LOADED, startedAt: started.iso8601(3), finishedAt: Time.now.utc.iso8601(3),
                              error: failure && { code: failure.code, message: failure.message } })
      frames = Frames.new($stdout)
      frames.report(run.report) if run&.report && !failure
      quote(run, failure) if failure
      receipt.leave(places.termination_log)
      frames.receipt(receipt.to_json)
      receipt.ok? ? 0 : 1
    end

    # For people who read the log; every line has a mark, so that nothing in it can look like a frame.
    def self.quote(run, failure)
      text = "#{failure.code}: #{failure.message}\n#{run&.tail}"
      text.scrub.lines.last(60).each { |line| $stderr.syswrite("describe: #{line.chomp[0, 500]}\n") }
    end
    private_class_method :failure_of, :leave, :quote
  end
end
