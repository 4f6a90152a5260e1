# frozen_string_literal: true

require "sidescan/undecided"

module Sidescan
  # Targets hold bytes that are no UTF-8: in names, contents, outputs. The auditor would end without a report where it meets them.
  module Readable
    # RSpec makes a constant of every description; one that is no text gets a plain name. (RSpec::ExampleGroups)
    module Names
      def base_name_for(group)
        group.description.valid_encoding? ? super : +"Anonymous"
      end
    end

    # The report itself. (Inspec::Reporters::Json)
    module Report
      def report
        Readable.of(super)
      end

      private

      # Some resources run a command to say their name; where it may not run, the test has told so already.
      def extract_resource_id(*)
        super
      rescue Undecided
        ""
      end
    end

    # The same value with every string valid UTF-8: other bytes are shown as \xNN.
    def self.of(value)
      case value
      when Hash then value.to_h { |key, item| [of(key), of(item)] }
      when Array then value.map { |item| of(item) }
      when String then text(value)
      else value
      end
    end

    def self.text(string)
      return string if string.encoding == Encoding::UTF_8 && string.valid_encoding?

      string.dup.force_encoding(Encoding::UTF_8).scrub { |bytes| bytes.bytes.map { |byte| format("\\x%02X", byte) }.join }
    end
    private_class_method :text

    def self.install
      RSpec::ExampleGroups.singleton_class.prepend(Names)
      Inspec::Reporters::Json.prepend(Report)
    end
  end
end
