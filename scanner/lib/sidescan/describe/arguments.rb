# frozen_string_literal: true

require "sidescan/failure"

module Sidescan
  module Describe
    # The command line of `describe`, parsed strictly: an unknown, doubled, missing or malformed option is an error.
    Arguments = Struct.new(:digest, :attempt, :deadline, :max_report_bytes, :max_log_bytes, keyword_init: true)

    class Arguments
      POSITIVE = /\A[1-9]\d{0,9}\z/
      DIGEST = /\Asha256:[0-9a-f]{64}\z/
      OPTIONS = {
        "--profile-digest" => [:digest, DIGEST, :to_s],
        "--attempt" => [:attempt, /\A[1-9]\d{0,5}\z/, :to_i],
        "--deadline" => [:deadline, POSITIVE, :to_i],
        "--max-report-bytes" => [:max_report_bytes, POSITIVE, :to_i],
        "--max-log-bytes" => [:max_log_bytes, POSITIVE, :to_i]
      }.freeze

      # The arguments, all of them required, or Failure SCANNER_FAILED that names what is wrong.
      def self.parse(argv)
        values = {}
        argv.each_slice(2) { |option, value| take(values, option, value) }
        missing = OPTIONS.keys.reject { |option| values.key?(OPTIONS.fetch(option).first) }
        refuse("missing #{missing.join(', ')}") unless missing.empty?
        new(**values)
      end

      # Digest and attempt only, for the receipt of a command line that is otherwise wrong.
      def self.identity(argv)
        pairs = argv.each_slice(2).to_h { |pair| [pair[0], pair[1].to_s] }
        { digest: pairs["--profile-digest"]&.[](DIGEST), attempt: pairs["--attempt"]&.[](/\A[1-9]\d{0,5}\z/)&.to_i }
      end

      def self.take(values, option, value)
        name, pattern, conversion = OPTIONS[option] || refuse("unknown option #{option.inspect}")
        refuse("#{option} needs a value") if value.nil?
        refuse("#{option} cannot be #{value.inspect}") unless value.match?(pattern)
        refuse("#{option} is given twice") if values.key?(name)
        values[name] = value.public_send(conversion)
      end

      def self.refuse(why)
        raise Failure.new("SCANNER_FAILED", "command line: #{why}")
      end
      private_class_method :take, :refuse
    end
  end
end
