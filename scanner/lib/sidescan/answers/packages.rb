# frozen_string_literal: true

require "sidescan/dpkg_database"

module Sidescan
  module Answers
    # `dpkg -s NAME` from the package database, distroless fragments included.
    class Packages
      NAME = /[a-z0-9][a-z0-9+.-]*(?::[a-z0-9]+)?/

      def initialize(root, _accounts)
        @database = DpkgDatabase.new(root)
      end

      def answer(command)
        case command
        when /\Adpkg -s (#{NAME})\z/ then status(Regexp.last_match(1))
        end
      end

      private

      def status(name)
        stanza = @database.stanza(name)
        return ["#{stanza}\n"] if stanza

        ["", 1, "dpkg-query: package '#{name}' is not installed and no information is available\n"]
      end
    end
  end
end
