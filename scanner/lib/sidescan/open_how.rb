# frozen_string_literal: true

module Sidescan
  # openat2(2), Linux 5.6: opens a path below a directory as if that were the root, without following any symlink.
  module OpenHow
    SYS_OPENAT2 = 437 # the same number on every architecture
    RESOLVE_NO_MAGICLINKS = 0x02
    RESOLVE_NO_SYMLINKS = 0x04
    RESOLVE_IN_ROOT = 0x10
    O_PATH = 0x200000
    O_CLOEXEC = 0x80000
    TRIES = 16

    # A new IO on `path` below the directory `root`, or nil where a symlink is in the way. Raises SystemCallError;
    # ENOSYS and EPERM where the kernel or a seccomp profile refuses the call.
    def self.open(root, path, nofollow:)
      flags = O_PATH | O_CLOEXEC | (nofollow ? File::NOFOLLOW : 0)
      how = [flags, 0, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS].pack("Q3")
      TRIES.times do
        return IO.for_fd(call(root, path, how), "r")
      rescue Errno::EAGAIN # something was renamed while ".." was resolved
        next
      end
      nil
    rescue Errno::ELOOP
      nil
    end

    def self.call(root, path, how)
      # Kernel#syscall takes no string with NUL bytes, so the struct goes in as an address.
      Kernel.syscall(SYS_OPENAT2, root.fileno, +path, [how].pack("p").unpack1("J"), how.bytesize)
    end
    private_class_method :call
  end
end
