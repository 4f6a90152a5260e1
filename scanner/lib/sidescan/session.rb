# frozen_string_literal: true

module Sidescan
  # What the transport works with in this process: the target's Root, a Hold::Client or nil, the programs allowed, a CoverageLog.
  # Train builds transports from a URI alone, so an open descriptor can only be handed over beside it.
  Session = Struct.new(:root, :hold, :allow, :coverage, keyword_init: true) do
    def self.current
      @current or raise "no target was given to this process"
    end

    def self.start(**fields)
      @current = new(**fields)
    end
  end
end
