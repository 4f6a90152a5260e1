# frozen_string_literal: true

require "sidescan/rpm/bdb_file"
require "sidescan/rpm/ndb_file"
require "sidescan/rpm/sqlite_file"
require "sidescan/undecided"

module Sidescan
  module Rpm
    # The packages of an rpm database in the target, whichever of rpm's three formats it has.
    class Database
      FOLDERS = %w[/usr/lib/sysimage/rpm /var/lib/rpm].freeze
      FORMATS = { "rpmdb.sqlite" => :sqlite, "Packages.db" => :ndb, "Packages" => :bdb }.freeze
      PUBLIC_KEY = "gpg-pubkey"

      def initialize(root)
        @root = root
      end

      # Header by header, in no order; nil where `folder` (rpm's own folders without one) has no database.
      def headers(folder = nil)
        (@headers ||= {})[folder] ||= begin
          path = (folder ? [folder] : FOLDERS).product(FORMATS.keys).map { |pair| pair.join("/") }.find { |name| @root.stat(name)&.file? }
          path && read(path)
        end
      end

      private

      def read(path)
        blobs(path, @root.read(path, limit: 512 * 1024 * 1024).b).map { |blob| Header.new(blob) }
      rescue Damaged, ArgumentError, TypeError, NoMethodError => e
        raise Unreadable, "the rpm database #{path}: #{e.message}"
      end

      def blobs(path, bytes)
        case FORMATS.fetch(::File.basename(path))
        when :sqlite then SqliteFile.new(bytes, @root.read("#{path}-wal")&.b).rows("Packages").map { |row| row[1] }
        when :ndb then NdbFile.new(bytes).blobs
        when :bdb then BdbFile.new(bytes).blobs
        end
      end
    end
  end
end
