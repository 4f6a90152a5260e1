# frozen_string_literal: true

require "sidescan/failure"

module Sidescan
  # The scanner's command line, parsed strictly: an unknown, doubled, missing or malformed option is an error.
  Arguments = Struct.new(:scan, :attempt, :container, :proof, :deadline, :profile_digest, :inputs_digest, :max_report_bytes, :max_log_bytes,
                         :allow, keyword_init: true)

  class Arguments
    ATTEMPT = /\A[1-9]\d{0,5}\z/
    POSITIVE = /\A[1-9]\d{0,9}\z/
    OPTIONS = {
      "--scan" => [:scan, /\A[A-Za-z0-9_-]{1,64}\z/, :to_s],
      "--attempt" => [:attempt, ATTEMPT, :to_i],
      "--container" => [:container, /\A[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\z/, :to_s],
      "--proof" => [:proof, /\A(hold|process)\z/, :to_sym],
      "--deadline" => [:deadline, POSITIVE, :to_i],
      "--profile-digest" => [:profile_digest, /\Asha256:[0-9a-f]{64}\z/, :to_s],
      "--inputs-digest" => [:inputs_digest, /\Asha256:[0-9a-f]{64}\z/, :to_s],
      "--max-report-bytes" => [:max_report_bytes, POSITIVE, :to_i],
      "--max-log-bytes" => [:max_log_bytes, POSITIVE, :to_i],
      "--allow" => [:allow, %r{\A[A-Za-z0-9_./+-]{1,255}\z}, :to_s]
    }.freeze
    REQUIRED = %w[--scan --attempt --container --proof --deadline].freeze
    DEFAULTS = { max_report_bytes: 64 * 1024 * 1024, max_log_bytes: 7 * 1024 * 1024 }.freeze

    # The arguments, or Failure SCANNER_FAILED that names what is wrong.
    def self.parse(argv)
      values = { allow: [] }
      argv.each_slice(2) { |option, value| take(values, option, value) }
      missing = REQUIRED.reject { |option| values.key?(OPTIONS.fetch(option).first) }
      refuse("missing #{missing.join(', ')}") unless missing.empty?
      new(**DEFAULTS, **values)
    end

    # Scan id and attempt only, for the receipt of a command line that is otherwise wrong.
    def self.identity(argv)
      pairs = argv.each_slice(2).to_h { |pair| [pair[0], pair[1].to_s] }
      { scan: pairs["--scan"], attempt: pairs["--attempt"]&.match?(ATTEMPT) ? pairs["--attempt"].to_i : nil }
    end

    def self.take(values, option, value)
      name, pattern, conversion = OPTIONS[option] || refuse("unknown option #{option.inspect}")
      refuse("#{option} needs a value") if value.nil?
      refuse("#{option} cannot be #{value.inspect}") unless value.match?(pattern)
      return values[:allow] |= [value] if name == :allow

      refuse("#{option} is given twice") if values.key?(name)
      values[name] = value.public_send(conversion)
    end

    def self.refuse(why)
      raise Failure.new("SCANNER_FAILED", "command line: #{why}")
    end
    private_class_method :take, :refuse
  end
end
