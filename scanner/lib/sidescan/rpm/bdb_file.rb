# frozen_string_literal: true

require "sidescan/rpm/header"

module Sidescan
  module Rpm
    # Berkeley DB's hash format, as RHEL up to 8 uses it: /var/lib/rpm/Packages (dbinc/db_page.h in Berkeley DB 5). Numbers in the byte order of its maker.
    class BdbFile
      MAGIC = 0x061561
      HASH_PAGES = [2, 13].freeze # unsorted and sorted
      OVERFLOW = 7
      KEY_DATA = 1
      OFF_PAGE = 3
      HEAD = 26 # bytes of a page's own

      def initialize(bytes)
        @bytes = bytes
        @order = [%w[v V], %w[n N]].find { |_short, long| bytes.unpack1(long, offset: 12) == MAGIC } or raise Damaged, "it is no Berkeley DB hash"
        @page_size = number(20)
        raise Damaged, "pages of #{@page_size} bytes" unless @page_size.between?(512, 65_536) && (bytes.bytesize % @page_size).zero?
      end

      # The header of every package; the record of key 0 only counts.
      def blobs
        (1...(@bytes.bytesize / @page_size)).flat_map do |page|
          start = page * @page_size
          HASH_PAGES.include?(@bytes.getbyte(start + 25)) ? values(start) : []
        end
      end

      private

      def values(start)
        count = @bytes.unpack1(@order[0], offset: start + 20)
        offsets = @bytes.unpack("#{@order[0]}#{count}", offset: start + HEAD)
        ends = [@page_size, *offsets] # items lie from the end of the page down
        offsets.each_slice(2).with_index.filter_map do |(key, value), pair|
          next if value.nil? || item(start + key, ends[pair * 2] - key).delete("\0").empty?

          item(start + value, ends[(pair * 2) + 1] - value)
        end
      end

      def item(at, size)
        case @bytes.getbyte(at)
        when KEY_DATA then @bytes.byteslice(at + 1, size - 1)
        when OFF_PAGE then overflow(number(at + 4), number(at + 8))
        else raise Damaged, "an item of kind #{@bytes.getbyte(at)}"
        end
      end

      def overflow(page, length)
        whole = String.new
        until page.zero? || whole.bytesize >= length
          start = page * @page_size
          raise Damaged, "page #{page}" unless @bytes.getbyte(start + 25) == OVERFLOW

          whole << @bytes.byteslice(start + HEAD, @bytes.unpack1(@order[0], offset: start + 22))
          page = number(start + 16)
        end
        raise Damaged, "an item is cut off" unless whole.bytesize == length

        whole
      end

      def number(at)
        @bytes.unpack1(@order[1], offset: at) or raise Damaged, "the file is cut off"
      end
    end
  end
end
