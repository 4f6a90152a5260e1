# frozen_string_literal: true

require "etc"
require "sidescan/search_path"

module Sidescan
  module Answers
    # What the auditor asks with `test`, `cat`, `type` and `uname`. An answer is [stdout, exit status, stderr], or nil: not ours.
    class Files
      # /etc/debian_version is missing in distroless images whose os-release says Debian.
      DEBIAN = "/etc/debian_version"

      BUILTINS = %w(. : [ alias bg break case cd command continue do done echo elif else esac eval exec exit export false fc fg fi for getopts hash if
                    in jobs kill printf pwd read readonly return set shift test then times trap true type ulimit umask unalias unset until wait
                    while).freeze

      def initialize(root, _accounts)
        @root = root
        @search = SearchPath.new(root)
      end

      def answer(command)
        case command
        when "uname -s" then ["Linux\n"]
        when "uname -r" then ["#{Etc.uname[:release]}\n"]
        when "uname -m" then ["#{Etc.uname[:machine]}\n"]
        when %r{\Atest -f ([\w./+-]+) && cat \1\z} then cat(Regexp.last_match(1))
        when %r{\Atest -f ([\w./+-]+)\z} then ["", exist?(Regexp.last_match(1)) ? 0 : 1]
        when /\Ash -c 'type "([^"'$`\\]+)"'\z/, /\Awhich "([^"'$`\\]+)"\z/, /\Atype "([^"'$`\\]+)"\z/ then type(Regexp.last_match(1))
        end
      end

      private

      def cat(path)
        content = @root.read(path) || implied(path)
        content ? [content] : ["", 1]
      end

      def exist?(path)
        @root.stat(path)&.file? || !implied(path).nil?
      end

      # Builtins and keywords exist where a shell does.
      def type(name)
        return ["#{name} is a shell builtin\n"] if BUILTINS.include?(name) && @root.executable?("/bin/sh")

        path = @search.find(name)
        path ? ["#{path}\n"] : ["", 127]
      end

      def implied(path)
        return nil unless path == DEBIAN

        release = @root.read("/etc/os-release") || @root.read("/usr/lib/os-release") || ""
        release.b.match?(/^ID="?debian"?$/) ? "#{release.b[/^VERSION_ID="?([\w.]+)/, 1]}\n" : nil
      end
    end
  end
end
