# frozen_string_literal: true

require "sidescan/readable"
require "sidescan/session"

module Sidescan
  # Tells the parent what became of each profile, so that it need not parse a report of many megabytes. (Inspec::RunnerRspec)
  module TellProfiles
    def run(*)
      results = Readable.of(super)
      profiles = Array(results[:profiles]).map do |profile|
        { name: profile[:name], status: profile[:status], status_message: Session.given.redaction.of(profile[:status_message].to_s)[0, 20_000],
          controls: Array(profile[:controls]).size }
      end
      Session.current.coverage.profiles(profiles, results[:platform].to_h.values_at(:name, :release))
      results
    end
  end
end
