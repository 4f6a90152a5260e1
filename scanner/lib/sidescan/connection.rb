# frozen_string_literal: true

require "train"
require "train/plugins"
require "sidescan/accounts"
require "sidescan/commands"
require "sidescan/file_tree"
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

    # Yields every path (bytes) below `from` with the File::Stat of lstat: for profiles that look at the whole tree (FileTree#each).
    def walk(from = "/", same_device: true, limit: 300_000, &block)
      FileTree.new(@root).each(from, same_device: same_device, limit: limit, &block)
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
