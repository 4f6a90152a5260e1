# frozen_string_literal: true

require "fileutils"
require "tmpdir"

# A root file system for a test, in a folder of its own that is gone after the test.
class Tree
  attr_reader :path

  def initialize
    @path = Dir.mktmpdir("sidescan-tree")
    File.chmod(0o755, @path)
  end

  def file(name, content = "", mode: 0o644, uid: 0, gid: 0)
    target = prepare(name)
    File.binwrite(target, content)
    File.chown(uid, gid, target)
    File.chmod(mode, target)
    self
  end

  def folder(name, mode: 0o755, uid: 0, gid: 0)
    FileUtils.mkdir_p(at(name))
    File.chown(uid, gid, at(name))
    File.chmod(mode, at(name))
    self
  end

  def link(name, text)
    File.symlink(text, prepare(name))
    self
  end

  def fifo(name)
    File.mkfifo(prepare(name))
    self
  end

  # A character device such as /dev/zero (1, 5).
  def device(name, major, minor)
    system("mknod", prepare(name), "c", major.to_s, minor.to_s, exception: true)
    self
  end

  # Gives a file the SELinux label `text`; no policy has to be there.
  def label(name, text)
    Kernel.syscall({ "x86_64" => 188, "aarch64" => 5 }.fetch(RbConfig::CONFIG["host_cpu"]), +at(name), +"security.selinux", +text, text.bytesize, 0)
    self
  end

  def sparse(name, bytes)
    File.open(prepare(name), "wb") { |file| file.truncate(bytes) }
    self
  end

  def program(name, binary)
    FileUtils.cp(binary, prepare(name))
    File.chmod(0o755, at(name))
    self
  end

  def remove
    FileUtils.rm_rf(@path)
  end

  private

  def at(name)
    "#{@path}/#{name.delete_prefix('/')}"
  end

  def prepare(name)
    FileUtils.mkdir_p(File.dirname(at(name)))
    at(name)
  end
end
