# frozen_string_literal: true

require "minitest"
require "trap_root"

# Nothing of the image is loaded by a tool: shown by what is mapped into each of them and what each of them opens, on a root full of traps.
class TrapsTest < Minitest::Test
  # What each tool is asked; the others are asked for their version.
  WORK = {
    "bash" => "bash -c 'echo ~root; printf \"\\u00e9\\n\"'", "ls" => "ls -laZ /etc", "find" => "find /etc -user root -group root -printf '%u %g %t %Z\\n'", "stat" => "stat -c '%U %G %C' /etc/passwd",
    "id" => "id app", "getent" => "getent passwd app; getent group; getent hosts localhost; getent services ssh", "sort" => "sort -k2 /etc/passwd", "grep" => "grep -iP 'R(o+)t' /etc/passwd",
    "sed" => "sed -n 's/root/x/p' /etc/passwd", "gawk" => "gawk 'BEGIN { print toupper(\"é\"), strftime(\"%c\"); system(\"true\") }'", "date" => "date +%c", "ps" => "ps auxZ", "ss" => "ss -tulpenZ", "ip" => "ip addr",
    "tar" => "tar -cf - /etc/passwd", "iconv" => "echo x | iconv -f UTF-8 -t UTF-16LE", "locale" => "locale", "mount" => "mount", "findmnt" => "findmnt", "lsblk" => "lsblk", "dpkg.bin" => "HOME=/sidescan/none dpkg.bin -l", "dpkg-query.bin" => "HOME=/sidescan/none dpkg-query.bin -l", "rpm.bin" => "HOME=/sidescan/none rpm.bin --rcfile=/sidescan/r/rpmrc --macros=/sidescan/r/macros --dbpath=/tmp -qa",
    "getfacl" => "getfacl /etc/passwd", "getcap" => "getcap /usr/bin/app", "lsattr" => "lsattr -d /etc", "kmod" => "kmod list", "sysctl" => "sysctl kernel.ostype", "df" => "df", "who" => "who", "pinky" => "pinky root",
    "w" => "w", "namei" => "namei -l /etc/passwd", "chmod" => "chmod --version", "test" => "/sidescan/bin/test -f /etc/passwd", "[" => "/sidescan/bin/[ -f /etc/passwd ]", "false" => "/sidescan/bin/false", "true" => "/sidescan/bin/true", "echo" => "/sidescan/bin/echo x", "printf" => "/sidescan/bin/printf x", "pwd" => "/sidescan/bin/pwd", "yes" => "yes | head -1", "tty" => "tty",
    "sleep" => "sleep 0", "sha256sum" => "sha256sum /etc/passwd", "env" => "env", "printenv" => "printenv", "xargs" => "echo root | xargs id", "sudo" => "sudo id", "which" => "which ls", "pidof" => "pidof hold",
    "expr" => "expr 1 + 1", "factor" => "factor 12", "tload" => "/sidescan/bin/tload --version", "vmstat" => "vmstat", "pmap" => "pmap $$", "pwdx" => "pwdx $$", "dmesg" => "dmesg -h", "run-parts" => "run-parts --test /data",
    "getpcaps" => "getpcaps $$", "rev" => "rev /etc/passwd", "col" => "col < /etc/passwd", "colrm" => "colrm 1 2 < /etc/passwd", "hostid" => "hostid", "hostname" => "hostname"
  }.freeze
  # A library that we do not bring is looked for last in /dev, which the container's engine mounts and no image can fill.
  FORBIDDEN = %r{\A(?!/dev/)(?:/(?:etc/(?:ld\.so\.|nsswitch|bash\.bashrc|profile|inputrc|trap|locale)|root/|usr/(?:share|lib)/locale|var/run/nscd|run/nscd|trap/)|.*\.so(?:\.|\z)|.*gconv|.*\.mo\z)}

  def self.trace
    @trace ||= begin
      place = HeldTarget::PLACE
      FileUtils.mkdir_p("#{place}/trace")
      File.write("#{place}/trace/commands", commands.map { |command| "( #{command} ) </dev/null 2>&1\n" }.join)
      environment = TrapRoot::ENVIRONMENT.map { |key, value| "--env=SIDESCAN:#{key}=#{value}" } + ["--env=LANG=de_DE.UTF-8"]
      out, status = Open3.capture2e("podman", "run", "--rm", "--label", "sidescan.test=#{place}", *HeldTarget::OPTIONS, "--security-opt=seccomp=unconfined", "--cap-add=SYS_PTRACE", *environment,
                                    "--volume=#{place}/sidescan:/sidescan:ro", "--volume=#{place}/trace:/trace", "--volume=#{place}/tracer:/tracer:ro",
                                    "--rootfs", TrapRoot.make, "/tracer", "/trace/out", "/sidescan/bin/bash", "-c", ". /trace/commands")
      [out, status, File.readlines("#{place}/trace/out", chomp: true).map { |line| line.split(" ", 3) }]
    end
  end

  def self.commands = tools.map { |tool| WORK.fetch(tool) { "#{tool} --version" } }
  def self.tools = Dir.children("#{HeldTarget::PLACE}/sidescan/bin").sort

  def test_every_tool_was_traced_with_its_libraries
    mapped = TrapsTest.trace.last.select { |kind,| kind == "map" }.map { |_, program| File.basename(program) }.uniq
    programs = TrapsTest.tools.reject { |tool| File.symlink?("#{HeldTarget::PLACE}/sidescan/bin/#{tool}") || !elf?(tool) }
    assert_empty programs - mapped
  end

  def test_only_files_of_the_toolbox_are_mapped
    strangers = TrapsTest.trace.last.select { |kind, _, path| kind == "map" && !path.start_with?("/sidescan/") }
    assert_empty strangers.uniq - [["map", "/tracer", "/tracer"]]
  end

  def test_no_configuration_library_or_locale_of_the_image_is_opened
    opened = TrapsTest.trace.last.select { |kind, _, path| kind == "open" && path && !path.start_with?("/sidescan/") && path.match?(FORBIDDEN) }
    assert_empty opened.uniq
  end

  def test_no_trap_spoke
    assert_empty TrapsTest.trace.first.lines.grep(/TRAP/).grep_v(/\ABASH_FUNC_ls%%=/) # that one `env` shows
  end

  def test_through_hold_too_with_a_hostile_environment
    answer = target.run("id app; ls -l /etc/passwd; echo ~app; awk 'BEGIN { system(\"id\") }'; sh -c 'bash -c id'; echo | xargs env | sort | tail -1; tar -cf /dev/null /etc/passwd; echo é | wc -m")
    refute_match(/TRAP|warning|\+ /, answer.err)
    assert_empty answer.refused
    assert_includes answer.out, "uid=1000(app)"
    assert_match(/^2$/, answer.out) # a container that names any locale gets C.UTF-8
  end

  def test_the_environment_is_shown_as_the_container_has_it
    shown = target.run("env").out.lines(chomp: true)
    TrapRoot::ENVIRONMENT.each { |key, value| assert_includes shown, "#{key}=#{value}" }
    refute(shown.any? { |line| line.start_with?("SIDESCAN", "BASH_FUNC_command_not_found") })
    assert_equal "/trap\n/trap/trap.so\n", target.run("echo $LD_LIBRARY_PATH; printenv LD_PRELOAD").out
  end

  def test_a_variable_set_by_the_command_loads_nothing_either
    answer = target.run("LD_PRELOAD=/trap/trap.so ls /etc/passwd; export LD_LIBRARY_PATH=/trap LD_AUDIT=/trap/trap.so; bash -c 'id -u'; env LD_PRELOAD=/trap/trap.so id -u")
    assert_equal ["/etc/passwd\n0\n0\n", ""], [answer.out, answer.err]
  end

  private

  def elf?(tool) = File.binread("#{HeldTarget::PLACE}/sidescan/bin/#{tool}", 4) == "\x7fELF".b

  def target = self.class.target

  def self.target
    @target ||= HeldTarget.new(TrapRoot.make, env: TrapRoot::ENVIRONMENT)
  end
end
