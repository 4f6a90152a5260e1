# frozen_string_literal: true

require "sidescan/readable"

module Sidescan
  module Describe
    # Whatever a profile says as JSON says it: other objects become text.
    module Plain
      def self.of(value)
        case value
        when Hash then value.to_h { |key, item| [Readable.of(key.to_s), of(item)] }
        when Array then value.map { |item| of(item) }
        when String then Readable.of(value)
        when Float then value.finite? ? value : value.to_s
        when Integer, true, false, nil then value
        else Readable.of(value.to_s)
        end
      end
    end
  end
end
