# frozen_string_literal: true

require "inspec/exceptions"

module Sidescan
  # What cannot be decided from outside the target. Raised, never answered: the auditor makes it an error of the control, not a pass.
  # It is a ResourceFailed so that a refusal while a resource is built costs that control only, not its whole file.
  class Undecided < Inspec::Exceptions::ResourceFailed
    class << self
      # The last one since NoFalsePass reset it: also the one that somebody rescued.
      attr_accessor :last
    end

    def initialize(message)
      super
      Undecided.last = self
    end
  end

  # A file that is there or may be there, but that the scanner cannot look at.
  class Unreadable < Undecided
    def initialize(message)
      super("Cannot be looked at in the target: #{message}")
    end
  end

  # A command that may not run, or whose answer would not be the whole truth. Outcome looks for MARK.
  class CommandRefused < Undecided
    MARK = "Command not run in the target"
  end
end
