# frozen_string_literal: true

require "sidescan/undecided"

module Sidescan
  # Some resources, and some profiles, rescue every error and go on with nil or "": what was undecided would then read as a fact.
  # So whatever was undecided is remembered until the auditor itself has made an error of it.
  module NoFalsePass
    # An example in which anything was undecided cannot pass. (Inspec::RunnerRspec)
    module Examples
      def reset
        super
        RSpec.configuration.prepend_before(:each) { Undecided.last = nil }
        RSpec.configuration.append_after(:each) { |example| NoFalsePass.judge(example) }
      end
    end

    # A resource that failed to build makes an error of every test on it. A profile that asks it outside of a test, for a path or a value to go on
    # with, must not get what it holds so far: that is nothing, and would read as a fact. (Inspec::Resource)
    module Resources
      def supersuper_initialize(*)
        super.tap do
          undecided = Undecided.last
          if undecided && @resource_exception_message == undecided.message
            Undecided.last = nil
            NoFalsePass.close(self, undecided)
          end
        end
      end
    end

    # The resource answers `undecided` to all that its own class knows, but for its name.
    def self.close(resource, undecided)
      asked = resource.class.ancestors.take_while { |ancestor| ancestor != Inspec::Resource }.flat_map { |ancestor| ancestor.public_instance_methods(false) }.uniq
      (asked - %i[to_s resource_id inspect] + [:method_missing]).each do |name|
        resource.define_singleton_method(name) { |*| raise(Undecided.last = undecided) }
      end
    end

    # A control whose body went on after something undecided gets an error of its own. (Inspec::Rule)
    module Controls
      CODE_ERROR = "Control Source Code Error" # the auditor's own word where the body raised

      def initialize(*)
        around = Undecided.last
        Undecided.last = nil
        super
        undecided = Undecided.last
        told = @__checks.any? { |_kind, arguments, _block| arguments.first == CODE_ERROR }
        describe(CODE_ERROR) { it("went on without an answer") { raise undecided } } if undecided && !told
      ensure
        Undecided.last = around
      end
    end

    # A file whose code outside of controls went on after something undecided does not load. (Inspec::ProfileContext)
    module Files
      def load_with_context(*)
        Undecided.last = nil
        super.tap { raise Undecided.last if Undecided.last }
      end
    end

    # Where a resource cannot even say its name, its test is an error: raised here, it would end the whole run. (Inspec::Runner)
    module Checks
      private

      def get_check_example(method_name, arguments, block)
        super
      rescue Undecided => e
        rspec_failed_block([arguments.first.class.name.to_s], {}, e.message)
      end
    end

    # Where a matcher failed on what a resource made of the error, the error itself is the result.
    def self.judge(example)
      undecided = Undecided.last
      return if undecided.nil? || example.exception.is_a?(Undecided) || example.exception.is_a?(Inspec::Exceptions::ResourceFailed)
      raise undecided if example.exception.nil?

      example.instance_variable_set(:@exception, undecided)
    end

    def self.install
      Inspec::Runner.prepend(Checks)
      Inspec::RunnerRspec.prepend(Examples)
      Inspec::Resource.prepend(Resources)
      Inspec::Rule.prepend(Controls)
      Inspec::ProfileContext.prepend(Files)
    end
  end
end
