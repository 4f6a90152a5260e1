# frozen_string_literal: true

module Sidescan
  module Describe
    # What is wrong with a profile: errors, with which it cannot be run as it is, and warnings. Each with file and line where they are known.
    class Problems
      MAX = 100
      MAX_MESSAGE = 1000
      CODE_ERROR = "Control Source Code Error" # the auditor's own word for a control whose code raised
      # What the auditor says where a resource is not for the platform: here there is none.
      NO_PLATFORM = "not supported on platform mock/unknown"

      def initialize
        @list = []
      end

      # Loading raised, and would in every scan.
      def error(exception)
        return unanswered(exception) if without_dumps(exception.message).include?(NO_PLATFORM)

        add("error", said(exception), *place(exception))
      end

      # Loading raised after the profile had asked for a target (or an input) outside of its controls: in a scan it may load.
      def unanswered(exception)
        add("warning", "cannot be read without a target, since it asks for one outside of its controls: #{said(exception)}", *place(exception))
        @unanswered = true
      end

      def missing_gems(names)
        add("error", "the profile needs Ruby gems that the scanner does not have: #{names.join(', ')}", "inspec.yml", nil)
      end

      # A profile without controls cannot be run; one whose controls could not be read here may have some.
      def no_controls
        add("error", "the profile has no controls", nil, nil) unless @unanswered || @list.any? { |one| one[:level] == "error" }
      end

      # A control whose code raised in its body.
      def of_rule(rule)
        rule.instance_variable_get(:@__checks).each do |_kind, arguments, block|
          next unless arguments.first == CODE_ERROR && !rule.asked_target

          words = words_of(block)
          next if words.include?(NO_PLATFORM)

          location = rule.instance_variable_get(:@__source_location)
          add("warning", "control #{Inspec::Rule.rule_id(rule)}: its code fails#{words}", location[:ref], location[:line])
        end
      end

      # `checked`: the answer of Inspec::Profile#legacy_check; `asked`: ids of controls whose tests depend on a target.
      def found(checked, asked)
        checked.fetch(:errors).each { |one| finding("error", one) }
        checked.fetch(:warnings).each do |one|
          next if one[:msg] == "No controls or tests were defined."

          finding("warning", one) unless asked.include?(one[:control_id]) && one[:msg].end_with?("has no tests defined")
        end
      end

      # Errors first.
      def to_a
        sorted = @list.sort_by.with_index { |one, index| [one[:level] == "error" ? 0 : 1, index] }
        left = sorted.size - MAX
        return sorted if left <= 0

        [*sorted.first(MAX), { level: "warning", message: "and #{left} more", file: nil, line: nil }]
      end

      private

      def finding(level, one)
        add(level, one[:msg], one[:file], one[:line])
      end

      def add(level, message, file, line)
        problem = { level: level, message: message.to_s.scrub.strip[0, MAX_MESSAGE], file: file&.to_s, line: line.to_i.positive? ? line.to_i : nil }
        @list.push(problem) unless @list.include?(problem)
      end

      def said(exception)
        "#{'Ruby syntax error: ' if exception.is_a?(SyntaxError)}#{without_dumps(exception.message)}"
      end

      # Dumps of objects say nothing to the author of a profile.
      def without_dumps(message)
        message.scrub.gsub(/#<(\w+(?:::\w+)*):0x\h+.*/m, '#<\1>')
      end

      # File and line in the profile; its code has relative paths.
      def place(exception)
        text = exception.is_a?(SyntaxError) && exception.message[%r{\A[^/<:\n][^:\n]*:\d+}]
        text ||= Array(exception.backtrace).find { |frame| frame.match?(%r{\A[^/<(]}) }
        text&.match(/\A([^:]+):(\d+)/)&.captures || [nil, nil]
      end

      # The block is `its(location) { fail MESSAGE }`.
      def words_of(block)
        words = ""
        shorten = method(:without_dumps)
        group = Class.new
        group.define_singleton_method(:its) do |_location, &test|
          test.call
        rescue StandardError => e
          words = ": #{shorten.call(e.message)}"
        end
        group.class_exec(&block)
        words
      end
    end
  end
end
