# frozen_string_literal: true

module Sidescan
  # Why there is no result: a code of SCAN_FAILURES (src/domain/errors.ts) and what to tell a person.
  class Failure < StandardError
    CODES = %w[
      PROFILE_NOT_FOUND PROFILE_INVALID PROFILE_COMMAND_REFUSED PROFILE_READS_SCANNER TARGET_NOT_PROVEN TARGET_UNREADABLE TARGET_EXITED
      INPUTS_NOT_DELIVERED INPUTS_REFUSED REPORT_TOO_LARGE TIMEOUT SCANNER_FAILED
    ].freeze

    attr_reader :code

    def initialize(code, message)
      raise ArgumentError, "no such failure code: #{code}" unless CODES.include?(code)

      @code = code
      super(message)
    end
  end
end
