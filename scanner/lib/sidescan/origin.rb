# frozen_string_literal: true

module Sidescan
  # Facts that are not the container's own say whose they are, in the name under which every test of them is reported.
  module Origin
    NODE = "of the node"
    POD = "of the pod"
    FILES = "from the image's files: nothing was booted"
    # Resource and its class → whose fact it is; subclasses inherit the mark.
    RESOURCES = {
      "kernel_parameter" => ["KernelParameter", NODE], "kernel_parameters" => ["KernelParameters", NODE], "kernel_module" => ["KernelModule", NODE],
      "virtualization" => ["Virtualization", NODE], "port" => ["Port", POD], "interface" => ["NetworkInterface", POD],
      "interfaces" => ["Interfaces", POD], "host" => ["Host", POD], "service" => ["Service", FILES]
    }.freeze

    def self.mark(origin)
      Module.new { define_method(:to_s) { "#{super()} (#{origin})" } }
    end

    def self.install
      RESOURCES.each do |file, (name, origin)|
        require "inspec/resources/#{file}"
        Inspec::Resources.const_get(name).prepend(mark(origin))
      end
    end
    private_class_method :mark
  end
end
