# frozen_string_literal: true

require "json"
require "sidescan/session"

module Sidescan
  # The auditor's inputs, from JSON files and marked as sensitive where the caller said so, whatever the profile says of them.
  module SensitiveInputs
    # The auditor reads inputs from YAML files only; in YAML some texts and numbers of JSON would be others. (Inspec::SecretsBackend)
    def self.backend
      Class.new(Inspec.secrets(1)) do
        name "json"
        attr_reader :inputs

        def self.resolve(path)
          new(path) if path.to_s.end_with?(".json")
        end

        def initialize(path)
          super()
          @inputs = JSON.parse(File.read(path, encoding: "UTF-8"))
        end
      end
    end

    # The report shows *** for the value of an input that is so marked. (Inspec::InputRegistry)
    module Marks
      def find_or_register_input(name, *)
        super.tap { |input| input.instance_variable_set(:@sensitive, true) if Session.given.sensitive.include?(name.to_s) }
      end
    end

    # What the auditor writes. (Inspec::Reporters::Json)
    module Report
      def report
        Session.given.redaction.of(super)
      end
    end

    # Before any profile is loaded.
    def self.install
      require "inspec/secrets"
      backend
      Inspec::InputRegistry.prepend(Marks)
      Inspec::Reporters::Json.prepend(Report)
    end

    # A long value that a message shows cut off would not be found.
    def self.show_whole_values
      require "rspec/support"
      RSpec::Support.require_rspec_support("object_formatter")
      RSpec::Support::ObjectFormatter.default_instance.max_formatted_output_length = nil
    end
  end
end
