# frozen_string_literal: true

require "sidescan/undecided"

module Sidescan
  # Some resources rescue every error and answer nil or "": what was undecided would then read as a fact.
  # An example in which anything was undecided can therefore not pass, whatever its resource made of it.
  module NoFalsePass
    def reset
      super
      RSpec.configuration.prepend_before(:each) { Undecided.last = nil }
      RSpec.configuration.append_after(:each) do |example|
        raise Undecided.last if Undecided.last && example.exception.nil?
      end
    end
  end
end
