# frozen_string_literal: true

module Sidescan
  module Answers
    # `apk info` and `apk list` from Alpine's package database.
    class ApkPackages
      DATABASES = %w[/lib/apk/db/installed /usr/lib/apk/db/installed].freeze

      def initialize(root, _accounts)
        @root = root
      end

      def answer(command)
        case command
        when /\Aapk info -vv --no-network \| grep ([\w.+-]+)\z/ then described(Regexp.last_match(1))
        when "apk list --no-network --installed" then listed
        end
      end

      private

      # The auditor greps for the name, so its lines may be of other packages too: the same lines as inside.
      def described(pattern)
        packages or return nil
        lines = packages.map { |fields| "#{fields['P']}-#{fields['V']} - #{fields['T']}\n" }.grep(Regexp.new(pattern.gsub("+", "\\\\+")))
        [lines.join, lines.empty? ? 1 : 0]
      end

      def listed
        packages or return nil
        [packages.map { |fields| "#{fields['P']}-#{fields['V']} #{fields['A']} {#{fields['o'] || fields['P']}} (#{fields['L']}) [installed]\n" }.join]
      end

      # Sorted by name; nil where the target has no such database.
      def packages
        return @packages if defined?(@packages)

        text = DATABASES.lazy.filter_map { |path| @root.read(path) }.first
        @packages = text && text.scrub.split(/\n{2,}/).map { |stanza| fields(stanza) }.select { |fields| fields["P"] }.sort_by { |fields| fields["P"] }
      end

      def fields(stanza)
        stanza.each_line(chomp: true).filter_map { |line| line.split(":", 2) if line.match?(/\A\w:/) }.each_with_object({}) { |(key, value), all| all[key] ||= value }
      end
    end
  end
end
