# frozen_string_literal: true

require "inspec/resources/os"
require "inspec/resources/platform"
require "train/transports/mock"

module Sidescan
  module Describe
    # There is no target. Where a profile asks for one while it loads, the auditor's mock answers (no file, failed commands, no platform), as for
    # `inspec json`; here it is noted who asked, so that no made-up answer becomes a text of the profile.
    module NoTarget
      ANSWERS = %i[exist? mode owner group uid gid content mtime size selinux_label type mounted stream].freeze

      class << self
        # Whether anything was asked since `watch` began, outside of controls.
        attr_reader :asked

        # Calls the block, and says in `asked` afterwards whether something was asked in it.
        def watch
          @asked = false
          yield
        end

        def ask
          rule = (@rules ||= []).last
          rule ? rule.hold_texts : @asked = true
        end

        def in_rule(rule)
          (@rules ||= []).push(rule)
          yield
        ensure
          @rules.pop
        end

        # What the auditor asks on its own account, such as whether a resource fits the platform, is no question of the profile.
        def quietly
          rule = (@rules ||= []).last
          before = [@asked, rule&.held_texts]
          yield
        ensure
          @asked = before.first
          rule&.held_texts = before.last
        end

        def install
          Train::Transports::Mock::Connection.prepend(Commands)
          Train::Transports::Mock::Connection::File.prepend(Files)
          Inspec::Resources::PlatformResource.prepend(Platforms)
          Inspec::Resource.prepend(Support)
          Inspec::Input.prepend(Inputs)
          Inspec::Rule.prepend(Texts)
        end
      end

      # (Train::Transports::Mock::Connection)
      module Commands
        def run_command(*)
          NoTarget.ask
          super
        end
      end

      # Only what a file answers counts: a resource is built of a file without looking at it. (Train::Transports::Mock::Connection::File)
      module Files
        ANSWERS.select { |name| Train::Transports::Mock::Connection::File.method_defined?(name) }.each do |name|
          define_method(name) do |*arguments|
            NoTarget.ask
            super(*arguments)
          end
        end
      end

      # (Inspec::Resources::PlatformResource, and with it `os`)
      module Platforms
        def initialize(*)
          NoTarget.ask
          super
        end
      end

      # (Inspec::Resource)
      module Support
        def check_supported!
          NoTarget.quietly { super }
        end
      end

      # An input that only a scan gives is an answer that is missing here. (Inspec::Input)
      module Inputs
        def value
          super.tap { |value| NoTarget.ask if value.is_a?(Inspec::Input::NO_VALUE_SET) }
        end
      end

      # What a control says of itself before it asks for anything holds: later words may depend on the answer, and there is none. What it has not said by
      # then is taken as it comes. (Inspec::Rule)
      module Texts
        attr_accessor :held_texts
        # Whether its code asked for anything.
        attr_reader :asked_target

        # Another profile that includes the control may still change its texts.
        def initialize(*)
          NoTarget.in_rule(self) { super }
          @asked_target = !@held_texts.nil?
          @held_texts = nil
        end

        def hold_texts
          @held_texts ||= { title: !@title.nil?, impact: !@impact.nil?, desc: @descriptions.keys, tag: @tags.keys }
        end

        def title(text = nil)
          super(@held_texts&.fetch(:title) ? nil : text)
        end

        def impact(value = nil)
          super(@held_texts&.fetch(:impact) ? nil : value)
        end

        def desc(text = nil, more = nil)
          key = more.nil? ? :default : text.to_sym
          return super unless !text.nil? && @held_texts&.fetch(:desc)&.include?(key)

          @descriptions[key]
        end

        def tag(*tags)
          held = @held_texts&.fetch(:tag) || []
          super(*tags.map { |tag| tag.is_a?(Hash) ? tag.reject { |key, _| held.include?(key) } : tag })
        end

        # Whether it applies is for the target to say.
        def only_applicable_if(*)
          nil
        end
      end
    end
  end
end
