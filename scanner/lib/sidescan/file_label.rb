# frozen_string_literal: true

require "rbconfig"

module Sidescan
  # The SELinux label of a file: its attribute security.selinux, as stat(1) prints it with %C, whether or not the kernel enforces labels.
  module FileLabel
    SYS_GETXATTR = { "x86_64" => 191, "aarch64" => 8 }.freeze
    NO_LABEL = [Errno::ENODATA, Errno::EOPNOTSUPP].freeze
    LONGEST = 4096

    # The label of what the O_PATH descriptor is on, a symlink included; nil where there is none. Raises SystemCallError.
    def self.of(io)
      value = "?".b * LONGEST # Kernel#syscall takes no string with NUL bytes
      length = Kernel.syscall(SYS_GETXATTR.fetch(RbConfig::CONFIG["host_cpu"]), "/proc/self/fd/#{io.fileno}", +"security.selinux", value, LONGEST)
      label = value.byteslice(0, length).unpack1("Z*").force_encoding(Encoding::UTF_8).strip
      label.empty? ? nil : label
    rescue *NO_LABEL
      nil
    end
  end
end
