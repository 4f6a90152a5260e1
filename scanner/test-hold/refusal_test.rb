# frozen_string_literal: true

require "minitest"
require "held_target"

# A program that the command did not get is named, wherever it was tried; the exit status does not tell.
class RefusalTest < Minitest::Test
  def setup = HeldTarget.distroless
  def target = HeldTarget.distroless

  def assert_refused(line, command, **options)
    answer = target.run(command, **options)
    assert_includes answer.refused, line, "#{command}: #{answer.to_h}"
    assert_operator answer.exit["refused"].to_i, :>=, 1
    answer
  end

  def test_absent_programs_are_named_wherever_they_are_tried
    { "nosuch" => "a command", "nosuch 2>/dev/null | cat" => "a pipe", "(nosuch)" => "a sub-shell", "x=$(nosuch -V 2>&1 | cut -f1 -d' ')" => "a substitution", "echo a | xargs nosuch" => "xargs",
      "find /etc -maxdepth 0 -exec nosuch {} \\;" => "find -exec", "bash -c 'nosuch; true'" => "a shell below the shell", "nosuch & wait" => "the background", "sudo nosuch" => "sudo",
      "env A=1 nosuch" => "env", "nosuch || echo fallback" => "an alternative", "timeout 5 nosuch" => "timeout", "if nosuch; then :; fi" => "a condition", "cat <(nosuch)" => "a process substitution" }.each_key do |command|
      assert_refused "absent nosuch", command
    end
  end

  def test_programs_of_the_image_are_named_and_do_not_run
    ["/usr/bin/app", "app", "app | cat", "echo | xargs /usr/bin/app", "find /usr/bin/app -exec {} \\;", "cd /usr/bin && ./app", "exec app", "/usr/bin/../bin/app", "/proc/self/root/usr/bin/app"].each do |command|
      answer = target.run(command)
      assert(answer.refused.any? { |line| line.match?(%r{\Aimage /.*app\z}) }, "#{command}: #{answer.to_h}")
      refute_includes answer.out, "ran as uid", command
    end
  end

  def test_absolute_paths_that_are_not_there_are_named
    assert_refused "absent /opt/nothing", "/opt/nothing"
  end

  def test_a_loader_does_not_start_a_program
    assert_refused "loader /sidescan/lib/ld.so", "/sidescan/lib/ld.so /usr/bin/app"
  end

  def test_a_copy_of_a_program_does_not_run
    answer = assert_refused "image /dev/copy", "cp /usr/bin/app /dev/copy && chmod +x /dev/copy && /dev/copy"
    refute_includes answer.out, "ran as uid"
  end

  def test_a_link_to_a_program_does_not_run
    assert_refused "image /dev/link", "ln -sf /usr/bin/app /dev/link; /dev/link"
  end

  def test_a_program_that_is_our_tool_under_another_name_runs
    assert_equal "yes\n", target.run("ln -sf /sidescan/bin/echo /dev/own; /dev/own yes").out
  end

  def test_a_script_of_the_image_given_to_our_shell_does_not_run
    ["bash /usr/sbin/script", "sh -e /usr/sbin/script", "cd /usr/sbin; bash -x -- script", "bash -o errexit /usr/sbin/script", "echo /usr/sbin/script | xargs sh"].each do |command|
      answer = assert_refused "image /usr/sbin/script", command
      assert_includes answer.err, "Permission denied"
    end
    assert_refused "absent /usr/sbin/no-script", "bash /usr/sbin/no-script"
    assert_equal ["/usr/sbin/script"], target.run("bash /usr/sbin/script", allow: ["script"]).target
    assert_empty target.run("bash -c 'true'; echo true | bash; bash -s x < /dev/null; bash +x -c true; sudo true").refused
  end

  def test_hundreds_of_refusals_are_counted_and_named_once
    answer = target.run("for i in $(seq 100); do nosuch; done")
    assert_equal [["absent nosuch"], "100"], [answer.refused, answer.exit["refused"]]
    answer = target.run("for i in $(seq 100); do nosuch$i; done")
    assert_equal [64, "100"], [answer.refused.size, answer.exit["refused"]]
  end

  def test_an_allowed_program_runs_and_is_named
    ["app", "/usr/bin/app"].each do |name|
      answer = target.run("app; echo | xargs app", allow: [name])
      assert_equal ["the image's own program ran as uid 0\n" * 2, ["/usr/bin/app"], []], [answer.out, answer.target, answer.refused]
    end
  end

  def test_an_allowed_program_starts_no_other
    answer = target.run("app --start /usr/sbin/script", allow: ["app"])
    assert_equal ["image /usr/sbin/script"], answer.refused
  end

  def test_an_allowed_script_runs_with_its_interpreter
    answer = target.run("script", allow: ["script"])
    assert_includes answer.out, "ran as uid"
    assert_equal ["/usr/sbin/script"], answer.target
  end

  def test_allowing_one_program_allows_no_other
    assert_refused "image /usr/bin/app", "app", allow: ["script"]
    assert_refused "image /usr/bin/app", "app", allow: ["nosuch"]
  end

  def test_nothing_is_refused_where_all_are_tools
    answer = target.run("find / -xdev -type f 2>/dev/null | sort | head -3 | awk '{print $1}' | sed 's/x/y/' | tr a b | wc -l")
    assert_equal [[], "0", "3\n"], [answer.refused, answer.exit["refused"], answer.out]
  end
end
