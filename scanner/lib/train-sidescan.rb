# frozen_string_literal: true

require "train"
require "train/plugins"
require "sidescan/connection"
require "sidescan/session"

module TrainPlugins
  module Sidescan
    # `-t sidescan://PID`: the target that this process was given. The PID is for people; the root was proven and opened before.
    class Transport < Train.plugin(1)
      name "sidescan"

      def connection(_instance_options = nil)
        @connection ||= ::Sidescan::Connection.new(@options, ::Sidescan::Session.current)
      end
    end
  end
end
