# frozen_string_literal: true

module Sidescan
  # `port` asks whether the image has the program ss, and without one says that nothing listens. Which programs the image has says nothing of the
  # pod's sockets: here it is asked for them at once. (Inspec::Resources::LinuxPorts)
  module PortsOfPod
    def info
      filter = " '( dport = #{@port} or sport = #{@port} )'" if @port
      inspec.command("ss -tulpen#{filter}").stdout.each_line.filter_map { |line| parse_ss_line(line) }
    end

    def self.install
      require "inspec/resources/port"
      Inspec::Resources::LinuxPorts.prepend(PortsOfPod)
    end
  end
end
