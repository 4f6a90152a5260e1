# frozen_string_literal: true

module Sidescan
  module Rpm
    # One package's header as the rpm databases store it: counts, an index of tags, their data. All numbers are big endian.
    class Header
      TAGS = { "NAME" => 1000, "VERSION" => 1001, "RELEASE" => 1002, "EPOCH" => 1003, "SUMMARY" => 1004, "BUILDTIME" => 1006, "INSTALLTIME" => 1008,
               "SIZE" => 1009, "VENDOR" => 1011, "LICENSE" => 1014, "GROUP" => 1016, "URL" => 1020, "ARCH" => 1022, "SOURCERPM" => 1044 }.freeze
      INT32 = 4
      STRINGS = [6, 8, 9].freeze # string, string array, translated string: the first is wanted
      ENTRY = 16

      def initialize(blob)
        @blob = blob.b
        count, length = @blob.unpack("N2")
        raise Damaged, "a header is cut off" unless count && count < 100_000 && @blob.bytesize >= 8 + (count * ENTRY) + length

        @data = 8 + (count * ENTRY)
        @index = Array.new(count) { |number| @blob.unpack("N4", offset: 8 + (number * ENTRY)) }.to_h { |tag, type, offset, _| [tag, [type, offset]] }
      end

      # The value of a tag by its name, nil where the package has none.
      def [](name)
        type, offset = @index[TAGS.fetch(name)]
        return nil unless type
        return @blob.unpack1("N", offset: @data + offset) if type == INT32

        STRINGS.include?(type) ? @blob.unpack1("Z*", offset: @data + offset).force_encoding("UTF-8") : nil
      end
    end

    # The database is not what it should be: no answer may be drawn from it.
    class Damaged < StandardError; end
  end
end
