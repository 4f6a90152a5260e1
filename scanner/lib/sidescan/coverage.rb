# frozen_string_literal: true

require "json"
require "sidescan/session"

module Sidescan
  # Counts commands by who answered, in the auditor's process: one line of JSON to `out` for each, so that the counts survive its death.
  class CoverageLog
    def initialize(out)
      @out = out
    end

    def in_process
      event(kind: "inProcess")
    end

    def toolbox
      event(kind: "toolbox")
    end

    def target(programs)
      event(kind: "target", programs: Session.given.redaction.of(programs))
    end

    def refused(programs)
      event(kind: "refused", programs: Session.given.redaction.of(programs))
    end

    # Which auditor was loaded.
    def auditor(name, version)
      event(kind: "auditor", name: name, version: version)
    end

    # The end of the run, as TellProfiles saw it.
    def profiles(list, platform)
      event(kind: "profiles", profiles: list, platform: platform)
    end

    # What ended the auditor with no report: the error, and the line of the profile that it came from.
    def crash(error)
      line = Array(error.backtrace).find { |frame| !frame.start_with?("/", "<") }
      event(kind: "crash", class: error.class.name, message: Session.given.redaction.of(error.message.scrub)[0, 20_000], line: line&.[](/\A[^:]+:\d+/))
    end

    private

    def event(fields)
      @out.write("#{JSON.generate(fields)}\n")
    end
  end

  # The sums of a CoverageLog, for the receipt.
  class Coverage
    def initialize
      @counts = Hash.new(0)
      @programs = Hash.new { |hash, kind| hash[kind] = [] }
    end

    # Takes one event of a CoverageLog.
    def add(event)
      @counts[event["kind"]] += 1
      @programs[event["kind"]] |= Array(event["programs"]).map { |name| name.to_s[0, 200] }
    end

    def to_receipt
      { inProcess: @counts["inProcess"], toolbox: @counts["toolbox"], target: @counts["target"], refused: @counts["refused"],
        refusedPrograms: @programs["refused"].sort, targetPrograms: @programs["target"].sort, cut: 0 }
    end
  end
end
