# frozen_string_literal: true

require "sidescan/rpm/header"

module Sidescan
  module Rpm
    # Reads one table of an SQLite 3 file (https://www.sqlite.org/fileformat.html), its write-ahead log included.
    class SqliteFile
      MAGIC = "SQLite format 3\0"
      LEAF = 0x0d
      INTERIOR = 0x05
      MAX_DEPTH = 64

      def initialize(bytes, log = nil)
        raise Damaged, "it is no SQLite file" unless bytes.start_with?(MAGIC.b)

        @bytes = bytes
        @page_size = bytes.unpack1("n", offset: 16).then { |size| size == 1 ? 65_536 : size }
        @usable = @page_size - bytes.getbyte(20)
        @newer = log && log.bytesize > 32 ? pages_of(log) : {}
      end

      # The column values of every row, in the order of rowids.
      def rows(table)
        schema = each_record(1).find { |type, name, *| type == "table" && name == table } or raise Damaged, "it has no table #{table}"
        each_record(schema[3])
      end

      private

      # Frames of the log up to its last commit; a later frame of a page replaces an earlier one.
      def pages_of(log)
        salts = log.byteslice(16, 8)
        pending = {}
        committed = {}
        (32...log.bytesize).step(24 + @page_size) do |at|
          number, commit = log.unpack("N2", offset: at)
          break unless log.byteslice(at + 8, 8) == salts && log.bytesize >= at + 24 + @page_size

          pending[number] = log.byteslice(at + 24, @page_size)
          committed.update(pending) unless commit.zero?
        end
        committed
      end

      def page(number)
        found = @newer[number] || @bytes.byteslice((number - 1) * @page_size, @page_size)
        raise Damaged, "page #{number} is missing" unless number.positive? && found&.bytesize == @page_size

        found
      end

      def each_record(number, depth = 0)
        raise Damaged, "its tree is too deep" if depth > MAX_DEPTH

        content = page(number)
        start = number == 1 ? 100 : 0
        count = content.unpack1("n", offset: start + 3)
        case content.getbyte(start)
        when LEAF then cells(content, start + 8, count).map { |at| record(payload(content, at)) }
        when INTERIOR
          children = cells(content, start + 12, count).map { |at| content.unpack1("N", offset: at) } << content.unpack1("N", offset: start + 8)
          children.flat_map { |child| each_record(child, depth + 1) }
        else raise Damaged, "page #{number} is no table"
        end
      end

      def cells(content, from, count)
        content.unpack("n#{count}", offset: from)
      end

      # The bytes of a cell, its overflow pages included.
      def payload(content, at)
        size, at = varint(content, at)
        _rowid, at = varint(content, at)
        local = local_size(size)
        return content.byteslice(at, size) if local == size

        whole = content.byteslice(at, local)
        overflow = content.unpack1("N", offset: at + local)
        until overflow.zero? || whole.bytesize >= size
          part = page(overflow)
          whole << part.byteslice(4, [@usable - 4, size - whole.bytesize].min)
          overflow = part.unpack1("N")
        end
        whole
      end

      def local_size(size)
        return size if size <= @usable - 35

        least = ((@usable - 12) * 32 / 255) - 23
        some = least + ((size - least) % (@usable - 4))
        some <= @usable - 35 ? some : least
      end

      def record(bytes)
        length, at = varint(bytes, 0)
        types = []
        while at < length
          type, at = varint(bytes, at)
          types << type
        end
        types.map do |type|
          value, width = column(bytes, at, type)
          at += width
          value
        end
      end

      INTEGERS = { 1 => 1, 2 => 2, 3 => 3, 4 => 4, 5 => 6, 6 => 8 }.freeze

      def column(bytes, at, type)
        return [nil, 0] if type.zero?
        return [type - 8, 0] if [8, 9].include?(type)
        return [bytes.byteslice(at, 8).unpack1("G"), 8] if type == 7
        return [integer(bytes.byteslice(at, INTEGERS[type])), INTEGERS[type]] if INTEGERS.key?(type)

        width = (type - 12) / 2
        [type.even? ? bytes.byteslice(at, width) : bytes.byteslice(at, width).force_encoding("UTF-8"), width]
      end

      def integer(bytes)
        value = bytes.bytes.inject(0) { |sum, byte| (sum << 8) | byte }
        value >= 1 << ((8 * bytes.bytesize) - 1) ? value - (1 << (8 * bytes.bytesize)) : value
      end

      def varint(bytes, at)
        value = 0
        9.times do |number|
          byte = bytes.getbyte(at + number) or raise Damaged, "a number is cut off"
          return [(value << 8) | byte, at + 9] if number == 8

          value = (value << 7) | (byte & 0x7f)
          return [value, at + number + 1] if byte < 0x80
        end
      end
    end
  end
end
