# frozen_string_literal: true

require "minitest"
require "json"
require "held_target"

class ConfinementTest < Minitest::Test
  def setup = HeldTarget.distroless
  def target = HeldTarget.distroless

  def test_commands_gain_no_privilege_and_keep_only_what_hold_has
    status = target.run("grep -E '^(NoNewPrivs|CapEff|CapBnd|Seccomp)' /proc/self/status").out
    assert_includes status, "NoNewPrivs:\t1"
    assert_includes status, "Seccomp:\t2"
    assert_match(/CapEff:\t0000000000000004$/, status)
  end

  def test_commands_cannot_reach_hold
    pid = target.pid
    answer = target.run("kill -9 #{pid} #{Process.pid}; echo x > /proc/#{pid}/mem; head -c1 /proc/#{pid}/environ")
    assert_equal 2, answer.err.scan(/\(#{pid}\) - Operation not permitted|\(#{Process.pid}\) - Operation not permitted/).size, answer.err
    assert_match(%r{/proc/#{pid}/environ.*Permission denied}, answer.err)
    assert target.running?
  end

  def test_the_root_file_system_of_the_target_stays_as_it_is
    before = Dir.glob("#{HeldTarget.distroless_root}/**/*").sort
    target.run("touch /etc/new; rm -f /etc/passwd; echo x >> /etc/group; mkdir /new; touch /sidescan/bin/new")
    assert_equal before, Dir.glob("#{HeldTarget.distroless_root}/**/*").sort
  end

  def test_nothing_changes_the_volume_of_the_socket
    answer = target.run("echo x > /sidescan/run/new; head -c 100000000 /dev/zero > /sidescan/run/full; mkdir /sidescan/run/d; ln -s x /sidescan/run/l; rm -f /sidescan/run/hold.sock; mv /sidescan/run/hold.sock /sidescan/run/other; ls -A /sidescan/run")
    assert_equal ["hold.sock\ntmp\n", 6], [answer.out, answer.err.scan("Permission denied").size], answer.err
    assert_equal "x\n", target.run("echo x > /sidescan/run/tmp/x; cat /sidescan/run/tmp/x; rm /sidescan/run/tmp/x").out
    assert_equal "x\n", target.run("echo x > /dev/shm/x; cat /dev/shm/x; rm /dev/shm/x; echo y > /dev/null").out
  end

  def test_a_program_of_the_image_cannot_ask_hold_itself
    answer = target.run("app --ask /sidescan/run/hold.sock", allow: ["app"])
    assert_match(/\Ahold said: Fforbidden /, answer.out)
    assert target.running?
  end

  def test_files_of_other_users_are_read_with_one_capability
    assert_equal "for app alone\nfor root alone\n", target.run("cat /data/of-app /data/secret").out
  end

  def test_without_it_they_are_not
    answer = plain_user.run("id -u; cat /data/secret")
    assert_equal "1000\n", answer.out
    assert_includes answer.err, "Permission denied"
  end

  def test_what_tools_may_not_read_is_counted
    ["cat /data/secret", "cat /data/secret 2>/dev/null | wc -c", "grep -r x /data", "cp /data/secret /tmp/", "ls /closed", "find /closed -name x", "stat /closed/file", "test -f /closed/file", "head -1 < /data/secret", "while read -r x; do :; done < /data/secret",
     "awk 1 /data/secret", "sed -n 1p /data/secret", "sort /data/secret", "wc -l /data/secret", "md5sum /data/secret", "[ -e /closed/file ]", "tar -cf - /data | wc -c"].each do |command|
      assert_operator plain_user.run(command).exit["denied"].to_i, :>=, 1, command
    end
    ["cat /etc/passwd", "find /proc -maxdepth 3 -name environ -exec cat {} + 2>/dev/null", "ps aux", "test -f /nothing", "ls /nothing", "touch /etc/new"].each do |command|
      assert_equal "0", plain_user.run(command).exit["denied"], command
    end
  end

  def test_where_landlock_is_missing_nothing_runs
    assert_cannot_confine "landlock_create_ruleset", /Landlock/
  end

  def test_where_the_notification_is_missing_nothing_runs
    assert_cannot_confine "seccomp", /notification/
  end

  private

  def plain_user = self.class.plain_user

  def self.plain_user
    @plain_user ||= HeldTarget.new(HeldTarget.distroless_root, user: "1000:1000", capabilities: [])
  end

  # A seccomp profile that lets everything through but this call
  def assert_cannot_confine(call, reason)
    profile = "#{HeldTarget::PLACE}/without-#{call}.json"
    File.write(profile, JSON.generate("defaultAction" => "SCMP_ACT_ALLOW", "architectures" => ["SCMP_ARCH_X86_64"], "syscalls" => [{ "names" => [call], "action" => "SCMP_ACT_ERRNO", "errnoRet" => 38 }]))
    blocked = HeldTarget.new(HeldTarget.distroless_root, options: ["--security-opt=seccomp=#{profile}"])
    answer = blocked.run("echo ran")
    assert_match(/\Acannot-confine /, answer.failure)
    assert_match reason, answer.failure
    assert_match(/\Ano /, answer.hello["confine"])
    assert_equal ["", nil], [answer.out, answer.exit]
  end
end
