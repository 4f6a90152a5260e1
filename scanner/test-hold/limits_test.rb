# frozen_string_literal: true

require "minitest"
require "held_target"

class LimitsTest < Minitest::Test
  def setup = HeldTarget.distroless
  def target = HeldTarget.distroless

  def test_at_the_deadline_every_process_of_the_command_is_killed
    started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    answer = target.run("echo first; (setsid sleep 5151 &) ; (sleep 5151 & sleep 5151); sleep 5151", deadline_ms: 700)
    elapsed = Process.clock_gettime(Process::CLOCK_MONOTONIC) - started
    assert_equal ["first\n", "1", "9"], [answer.out, *answer.exit.values_at("deadline", "signal")]
    assert_operator elapsed, :>=, 0.6
    assert_operator elapsed, :<, 5
    assert_empty sleeping(5151)
  end

  def test_a_command_that_ignores_signals_ends_too
    answer = target.run("trap '' TERM INT HUP; while :; do :; done", deadline_ms: 500)
    assert_equal "1", answer.exit["deadline"]
  end

  def test_a_fork_bomb_ends
    answer = target.run("f() { f | f & }; f; sleep 60", deadline_ms: 1500)
    refute_nil answer.exit
    assert_equal "after\n", target.run("echo after").out
  end

  def test_what_is_left_in_the_background_is_killed_and_counted
    answer = target.run("sleep 5252 & sleep 5252 & echo done")
    assert_equal ["done\n", "0", "2"], [answer.out, *answer.exit.values_at("status", "left")]
    assert_empty sleeping(5252)
  end

  def test_output_within_the_limit_is_whole
    answer = target.run("head -c 3000000 /dev/zero", stdout_bytes: 3_000_000)
    assert_equal [3_000_000, "0", "0"], [answer.out.bytesize, *answer.exit.values_at("status", "stdout_cut")]
  end

  def test_output_beyond_the_limit_is_cut_and_told
    answer = target.run("yes", stdout_bytes: 100_001)
    assert_equal [100_001, "1", "0"], [answer.out.bytesize, *answer.exit.values_at("stdout_cut", "deadline")]
    answer = target.run("yes >&2", stderr_bytes: 10)
    assert_equal [10, "1"], [answer.err.bytesize, answer.exit["stderr_cut"]]
  end

  def test_a_client_that_reads_slowly_gets_everything
    socket = target.client.connect
    target.client.send_frame(socket, "C", "seq 200000")
    target.client.send_frame(socket, "G", "")
    sleep 1
    answer = target.client.read_answer(socket)
    assert_equal (1..200_000).map { |n| "#{n}\n" }.join, answer.out
  ensure
    socket&.close
  end

  private

  def sleeping(seconds) = Dir["/proc/[0-9]*/cmdline"].select { |file| File.read(file) == "sleep\0#{seconds}\0" rescue false }
end
