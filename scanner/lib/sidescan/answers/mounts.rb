# frozen_string_literal: true

module Sidescan
  module Answers
    # `mount` from the target's own mount table.
    class Mounts
      def initialize(root, _accounts)
        @root = root
      end

      def answer(command)
        case command
        when "mount" then [lines.map { |line| "#{line}\n" }.join]
        when %r{\Amount \| grep -- ' on ([\w./:@+-]+) '\z} then matching(" on #{Regexp.last_match(1)} ")
        end
      end

      private

      def lines
        @root.mounts.list.map { |mount| "#{mount.source} on #{mount.point} type #{mount.type} (#{mount.options})".force_encoding("UTF-8") }
      end

      # A pattern of grep, where "." is any character.
      def matching(pattern)
        found = lines.grep(Regexp.new(Regexp.escape(pattern).gsub("\\.", ".")))
        found.empty? ? ["", 1] : [found.map { |line| "#{line}\n" }.join]
      end
    end
  end
end
