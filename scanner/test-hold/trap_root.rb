# frozen_string_literal: true

require "fileutils"
require "held_target"

# A root file system in which whatever a tool might load of the image is a trap: every library by the name of ours, name service modules, locales,
# character sets, plugins of gawk, ip and bash, start-up files, and the loader's preload list and cache.
module TrapRoot
  ARCH = `gcc -dumpmachine`.strip
  FOLDERS = ["lib/#{ARCH}", "usr/lib/#{ARCH}", "lib", "usr/lib", "lib64", "trap"].freeze
  SCRIPTS = %w[etc/bash.bashrc etc/profile etc/trap.sh etc/inputrc root/.bashrc root/.profile root/.bash_profile].freeze
  ENVIRONMENT = { "LD_PRELOAD" => "/trap/trap.so", "LD_LIBRARY_PATH" => "/trap", "LD_AUDIT" => "/trap/trap.so", "BASH_ENV" => "/etc/trap.sh", "ENV" => "/etc/trap.sh", "GCONV_PATH" => "/trap/gconv",
                  "LOCPATH" => "/trap/locale", "LANG" => "de_DE.UTF-8", "LANGUAGE" => "de", "PS4" => "$(/trap/trap.so)", "PROMPT_COMMAND" => "/trap/trap.so", "BASH_FUNC_ls%%" => "() { echo TRAP >&2; }",
                  "AWKLIBPATH" => "/trap", "TAR_OPTIONS" => "--checkpoint=1 --checkpoint-action=exec=/trap/trap.so", "SHELLOPTS" => "xtrace" }.freeze

  def self.make
    @make ||= "#{HeldTarget::PLACE}/traps".tap do |root|
      FileUtils.cp_r(HeldTarget.distroless_root, root, preserve: true)
      libraries(root)
      plugins(root)
      settings(root)
      system("ldconfig", "-r", root, *FOLDERS.map { |folder| "/#{folder}" }, exception: true, err: File::NULL)
    end
  end

  def self.libraries(root)
    names = Dir.children("#{HeldTarget::PLACE}/sidescan/lib") - ["ld.so"]
    names += %w[trap.so ld-linux-x86-64.so.2] + %w[files compat dns trap systemd myhostname].map { |name| "libnss_#{name}.so.2" }
    FOLDERS.each { |folder| names.each { |name| trap("#{root}/#{folder}/#{name}") } }
  end

  def self.plugins(root)
    (["trap/gconv"] + %w[lib usr/lib].map { |folder| "#{folder}/#{ARCH}/gconv" }).each do |folder|
      %w[ISO8859-1.so UTF-16.so UTF-7.so].each { |name| trap("#{root}/#{folder}/#{name}") }
      File.write("#{root}/#{folder}/gconv-modules", "module ISO-8859-1// INTERNAL ISO8859-1 1\nmodule INTERNAL ISO-8859-1// ISO8859-1 1\n")
      File.write("#{root}/#{folder}/gconv-modules.cache", "trap")
    end
    %w[gawk/readdir.so gawk/time.so ip/link_bond.so rpm-plugins/trap.so].each { |name| trap("#{root}/usr/lib/#{ARCH}/#{name}") }
    %w[sleep print].each { |name| trap("#{root}/usr/lib/bash/#{name}") }
  end

  def self.settings(root)
    SCRIPTS.each { |name| write("#{root}/#{name}", "echo TRAP: #{name} was read >&2\n") }
    write("#{root}/etc/ld.so.preload", "/trap/trap.so\n")
    write("#{root}/etc/nsswitch.conf", %w[passwd group shadow hosts services protocols networks].map { |name| "#{name}: trap files\n" }.join)
    %w[trap/locale usr/lib/locale usr/share/locale].product(%w[C.utf8 C.UTF-8 de_DE.utf8 de]).each do |folder, name|
      write("#{root}/#{folder}/#{name}/LC_CTYPE", "trap")
      %w[bash coreutils findutils grep sed].each { |program| write("#{root}/#{folder}/#{name}/LC_MESSAGES/#{program}.mo", "trap") }
    end
    write("#{root}/usr/lib/locale/locale-archive", "trap")
  end

  def self.trap(path)
    FileUtils.mkdir_p(File.dirname(path))
    FileUtils.cp("#{HeldTarget::PLACE}/trap.so", path)
  end

  def self.write(path, text)
    FileUtils.mkdir_p(File.dirname(path))
    File.write(path, text)
  end
  private_class_method :libraries, :plugins, :settings, :trap, :write
end
