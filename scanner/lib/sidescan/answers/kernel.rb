# frozen_string_literal: true

module Sidescan
  module Answers
    # Kernel parameters from the target's /proc/sys: those of the node, save the namespaced ones (net, kernel.shm*, …).
    class Kernel
      def initialize(root, _accounts)
        @root = root
      end

      def answer(command)
        case command
        when %r{\A/sbin/sysctl -q -n ([\w./-]+)\z} then parameter(Regexp.last_match(1))
        end
      end

      private

      def parameter(name)
        return nil if name.include?("..")

        value = @root.read("/proc/sys/#{path_of(name)}")
        value ? [value] : ["", 255, "sysctl: cannot stat /proc/sys/#{path_of(name)}: No such file or directory\n"]
      end

      # The first separator decides: net.ipv4.conf.eth0/100.forwarding, net/ipv4/conf/eth0.100/forwarding.
      def path_of(name)
        separator = name[%r{[./]}]
        separator == "." ? name.tr("./", "/.") : name
      end
    end
  end
end
