# frozen_string_literal: true

require "sidescan/rpm/database"

module Sidescan
  module Answers
    # `rpm -q…` from the rpm database, where the target has one. `rpm -qi` is the tools': it shows more than is read here.
    class RpmPackages
      NAME = /[A-Za-z0-9][A-Za-z0-9._+-]*/

      def initialize(root, _accounts)
        @database = Rpm::Database.new(root)
      end

      def answer(command)
        case command
        when /\Arpm -qa --(?:queryformat|qf)[ =]'([^']*)'\z/ then list(Regexp.last_match(1))
        when /\Arpm -qa\z/ then list("%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}\\n")
        when /\Arpm -q (#{NAME})\z/ then query(Regexp.last_match(1), "%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}\\n")
        when %r{\Arpm -q(?: --dbpath ([\w./-]+))? --(?:queryformat|qf)[ =]'([^']*)' (#{NAME})\z} then query(Regexp.last_match(3), Regexp.last_match(2), Regexp.last_match(1))
        end
      end

      private

      # By name, name-version or name-version-release, as rpm takes it. `folder`: another database than the image's own.
      def query(asked, format, folder = nil)
        headers = @database.headers(folder) or return nil
        found = headers.select { |header| names_of(header).include?(asked) }
        return ["package #{asked} is not installed\n", 1] if found.empty?

        texts(found, format)&.then { |lines| [lines.join] }
      end

      def list(format)
        headers = @database.headers or return nil
        texts(headers, format)&.then { |lines| [lines.join] }
      end

      def names_of(header)
        name, version, release, arch = %w[NAME VERSION RELEASE ARCH].map { |tag| header[tag] }
        [name, "#{name}-#{version}", "#{name}-#{version}-#{release}", "#{name}-#{version}-#{release}.#{arch}", "#{name}.#{arch}"]
      end

      # nil for a format that asks more than these tags.
      def texts(headers, format)
        return nil unless format.gsub(/%\{(\w+)\}/) { Rpm::Header::TAGS.key?(Regexp.last_match(1)) ? "" : "%" }.count("%").zero?

        headers.map do |header|
          format.gsub(/%\{(\w+)\}/) { (header[Regexp.last_match(1)] || "(none)").to_s }.gsub("\\n", "\n").gsub("\\t", "\t")
        end
      end
    end
  end
end
