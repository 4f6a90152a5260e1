# frozen_string_literal: true

require "sidescan/rpm/header"

module Sidescan
  module Rpm
    # rpm's own database format, as SUSE uses it: Packages.db (lib/backend/ndb/rpmpkg.c in rpm). All numbers are little endian.
    class NdbFile
      MAGIC = "RpmP"
      SLOT = "Slot"
      BLOB = "BlbS"
      PAGE = 4096
      BLOCK = 16

      def initialize(bytes)
        raise Damaged, "it is no ndb file" unless bytes.start_with?(MAGIC.b)

        @bytes = bytes
      end

      # The header of every package.
      def blobs
        slot_pages = @bytes.unpack1("V", offset: 12)
        (32...(slot_pages * PAGE)).step(16).filter_map do |at|
          magic, index, block, count = @bytes.unpack("a4V3", offset: at)
          raise Damaged, "slot at #{at}" unless magic == SLOT

          blob(index, block) unless index.zero? || count.zero?
        end
      end

      private

      def blob(index, block)
        magic, owner, _generation, length = @bytes.unpack("a4V3", offset: block * BLOCK)
        data = @bytes.byteslice((block * BLOCK) + 16, length.to_i)
        raise Damaged, "package #{index} is missing" unless magic == BLOB && owner == index && data&.bytesize == length

        data
      end
    end
  end
end
