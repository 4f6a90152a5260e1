# frozen_string_literal: true

require "train"
require "train/plugins"
require "sidescan/accounts"
require "sidescan/commands"
require "sidescan/root"
require "sidescan/target_file"

module Sidescan
  # The auditor's connection to the target: files through Root, commands through Commands.
  class Connection < Train::Plugins::Transport::BaseConnection
    attr_reader :root, :accounts

    def initialize(options, session)
      super(options)
      @root = session.root
      @accounts = Accounts.new(@root)
      @commands = Commands.new(@root, @accounts, hold: session.hold, allow: session.allow, coverage: session.coverage)
    end

    def platform
      @platform || detect
    end
    alias os platform

    def uri
      "sidescan://#{root.pid}"
    end

    # The identity of this scan's target for reports; a UUID of the node or of the image would be another one's.
    def unique_identifier
      uri
    end

    private

    def detect
      @detecting = true
      @platform = Train::Platforms::Detect.scan(self)
    ensure
      @detecting = false
    end

    def file_via_connection(path, *args)
      TargetFile.new(self, path, *args)
    end

    def run_command_via_connection(command, options = {})
      @detecting ? @commands.probe(command) : @commands.run(command, seconds: options[:timeout])
    end
  end
end
