# frozen_string_literal: true

require "sidescan/dpkg_database"

module Sidescan
  module Answers
    # `dpkg -s` from Debian's package database; `dpkg-query -W` where the image has fragments only. Without a database that is no answer:
    # "not installed" would be one about another package manager's image.
    class Packages
      NAME = /[a-z0-9][a-z0-9+.-]*(?::[a-z0-9]+)?/
      PLAIN = "${binary:Package}\\t${Version}\\n"
      FIELD = /\$\{([\w:-]+)\}/
      # The first letters of the words of Status, as ${db:Status-Abbrev} has them.
      STATES = { "installed" => "i", "config-files" => "c", "not-installed" => "n", "half-installed" => "H", "unpacked" => "U", "half-configured" => "F",
                 "triggers-awaited" => "W", "triggers-pending" => "t" }.freeze

      def initialize(root, _accounts)
        @database = DpkgDatabase.new(root)
      end

      def answer(command)
        case command
        when /\Adpkg -s (#{NAME})\z/ then status(Regexp.last_match(1)) if @database.present?
        when /\bdpkg(?:-query)?\b/ then of_fragments(command) if @database.only_fragments?
        end
      end

      private

      def status(name)
        stanza = @database.stanza(name)
        return ["#{stanza}\n"] if stanza

        ["", 1, "dpkg-query: package '#{name}' is not installed and no information is available\n" \
                "Use dpkg --info (= dpkg-deb --info) to examine archive files.\n"]
      end

      # The other forms are for the toolbox, whose dpkg knows fragments too.
      def of_fragments(command)
        match = command.match(/\Adpkg-query -W(?: -f=?'([^']*)')?((?: #{NAME})*)\z/)
        match && list(match[1] || PLAIN, match[2].split)
      end

      def list(format, names)
        found = names.empty? ? @database.all : names.filter_map { |name| @database.stanza(name) }
        missing = names.reject { |name| @database.stanza(name) }
        errors = missing.map { |name| "dpkg-query: no packages found matching #{name}\n" }.join
        [found.map { |stanza| shown(stanza, format) }.join, missing.empty? ? 0 : 1, errors]
      end

      def shown(stanza, format)
        format.gsub(FIELD) { value(stanza, Regexp.last_match(1)) }.gsub("\\n", "\n").gsub("\\t", "\t")
      end

      def value(stanza, name)
        case name
        when "db:Status-Abbrev" then "#{stanza[/^Status: (\w)/, 1]}#{STATES.fetch(stanza[/^Status: \S+ \S+ (\S+)/, 1], '?')} "
        when "db:Status-Status" then stanza[/^Status: \S+ \S+ (\S+)/, 1]
        when "binary:Package" then stanza[/^Package: (.*)$/, 1] + (stanza.match?(/^Multi-Arch: same$/) ? ":#{stanza[/^Architecture: (.*)$/, 1]}" : "")
        else stanza[/^#{Regexp.escape(name)}: (.*)$/, 1].to_s
        end
      end
    end
  end
end
