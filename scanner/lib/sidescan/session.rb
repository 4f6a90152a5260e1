# frozen_string_literal: true

require "sidescan/given"

module Sidescan
  # What the transport works with in this process: the target's Root, a Hold::Client or nil, the programs allowed, a CoverageLog, and what was given for the profile.
  # Train builds transports from a URI alone, so an open descriptor can only be handed over beside it.
  Session = Struct.new(:root, :hold, :allow, :coverage, :given, keyword_init: true) do
    def self.current
      @current or raise "no target was given to this process"
    end

    def self.start(**fields)
      @current = new(**fields)
    end

    # The inputs and waivers of this process's scan; none where it scans nothing.
    def self.given
      @current&.given || (@none ||= Given.new(nil, {}))
    end
  end
end
