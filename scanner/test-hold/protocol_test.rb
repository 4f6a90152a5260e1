# frozen_string_literal: true

require "minitest"
require "held_target"

class ProtocolTest < Minitest::Test
  def setup = HeldTarget.distroless
  def target = HeldTarget.distroless

  def test_hello_tells_who_answers_and_agrees_with_the_kernel
    hello = target.run("true").hello
    root = File.stat("/proc/#{target.pid}/root/")
    assert_equal "1", hello["protocol"]
    assert_equal target.pid.to_s, hello["pid"]
    assert_equal [root.dev.to_s, root.ino.to_s], hello.values_at("root_device", "root_inode")
    assert_equal File.readlink("/proc/#{target.pid}/ns/mnt")[/\d+/], hello["mount_namespace"]
    assert_equal %w[0 0 yes], hello.values_at("uid", "gid", "confine")
  end

  def test_peer_credentials_name_the_targets_main_process
    socket = target.client.connect
    pid, uid, = socket.getsockopt(:SOCKET, :PEERCRED).unpack("i3")
    assert_equal [target.pid, 0], [pid, uid]
  ensure
    socket&.close
  end

  def test_outputs_and_exit_status_are_kept_apart
    answer = target.run("echo out; echo err >&2; exit 7")
    assert_equal ["out\n", "err\n", 7], [answer.out, answer.err, answer.status]
    assert_equal %w[0 0 0], answer.exit.values_at("signal", "deadline", "refused")
  end

  def test_a_signal_is_told
    answer = target.run("kill -TERM $$")
    assert_equal %w[-1 15], answer.exit.values_at("status", "signal")
  end

  def test_all_bytes_survive_both_ways
    bytes = (1..255).map(&:chr).join.b.delete("'")
    answer = target.run("printf '%s' '".b + bytes + "'; printf '\\0'".b)
    assert_equal bytes + "\0".b, answer.out
  end

  def test_a_pipe_of_sigpipe_ends_as_in_a_shell
    answer = target.run("yes | head -1; echo ${PIPESTATUS[0]}")
    assert_equal "y\n141\n", answer.out
  end

  def test_stdin_is_empty_and_the_folder_is_the_root
    assert_equal "/\n0\n", target.run("pwd; cat | wc -c").out
  end

  def test_no_descriptor_of_hold_is_left_to_the_command
    # No pipe: while the shell makes one, its ends are the shell's own. 200 and 201 are the shell's to tell what it does not find.
    assert_equal %w[0 1 2], target.run("ls /proc/$$/fd; :").out.split - %w[200 201]
  end

  def test_quit_ends_the_container_with_status_0
    mortal = HeldTarget.new(HeldTarget.distroless_root)
    socket = mortal.client.connect
    socket.write([0].pack("N"), "Q")
    50.times { mortal.running? ? sleep(0.1) : break }
    assert_equal "false 0", HeldTarget.podman("inspect", "--format", "{{.State.Running}} {{.State.ExitCode}}", mortal.name)
  ensure
    socket&.close
  end

  def test_thirty_commands_run_side_by_side
    started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    answers = Array.new(30) { |i| Thread.new { target.run("sleep 1; echo #{i}") } }.map(&:value)
    assert_equal (0..29).map { |i| "#{i}\n" }, answers.map(&:out)
    assert_operator Process.clock_gettime(Process::CLOCK_MONOTONIC) - started, :<, 15
  end

  def test_beyond_thirty_two_it_says_busy
    threads = Array.new(40) { Thread.new { target.run("sleep 2") } }
    answers = threads.map(&:value)
    busy, done = answers.partition(&:failure)
    assert_operator done.size, :>=, 32
    assert(busy.all? { |answer| answer.failure.start_with?("busy ") })
    refute_empty busy
    assert_equal "after\n", target.run("echo after").out
  end

  def test_requests_that_are_wrong_are_refused_with_the_reason
    { [["G", ""]] => "no command", [["C", ""]] => "the command is empty", [["C", "a\0b"]] => "the command holds a NUL byte", [["C", "true"], ["C", "true"]] => "two commands",
      [%w[L deadline_ms=0]] => "deadline_ms must be", [%w[L speed=1]] => "unknown limit", [%w[L deadline_ms]] => "not key=value", [%w[Z x]] => "unknown frame type",
      [["A", "bin/x"]] => "absolute path or a bare name" }.each do |frames, reason|
      answer = exchange(frames)
      assert answer.failure&.start_with?("bad-request "), frames.inspect
      assert_includes answer.failure, reason
      assert_nil answer.exit
    end
  end

  def test_a_command_longer_than_the_kernel_takes_is_refused
    assert_match(/\Abad-request the command is longer/, target.run("#" * 200_000).failure)
  end

  def test_a_frame_that_is_too_long_ends_the_connection
    socket = target.client.connect
    socket.write([0x7fffffff].pack("N") << "C")
    answer = target.client.read_answer(socket)
    assert_nil answer.exit
  ensure
    socket&.close
  end

  def test_closing_the_connection_kills_the_command
    socket = target.client.connect
    target.client.send_frame(socket, "C", "sleep 4242")
    target.client.send_frame(socket, "G", "")
    wait_until { sleeping?(4242) }
    socket.close
    wait_until { !sleeping?(4242) }
    refute sleeping?(4242)
  end

  def test_sigterm_ends_it_at_once_with_its_commands
    other = HeldTarget.new(HeldTarget.distroless_root)
    thread = Thread.new { other.run("sleep 4343") }
    wait_until { sleeping?(4343) }
    started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    Process.kill(:TERM, other.pid)
    wait_until { !other.running? }
    assert_operator Process.clock_gettime(Process::CLOCK_MONOTONIC) - started, :<, 3
    refute sleeping?(4343)
    assert_nil thread.value.exit
    assert_equal "0", HeldTarget.podman("inspect", "--format", "{{.State.ExitCode}}", other.name)
  end

  def test_a_peer_of_another_uid_is_forbidden
    reader, writer = IO.pipe
    child = fork do
      Process::Sys.setgid(4000)
      Process::Sys.setuid(4000)
      socket = UNIXSocket.new(target.socket)
      writer.write(socket.read)
      exit!(0)
    end
    writer.close
    Process.wait(child)
    assert_includes reader.read, "forbidden"
  end

  def test_a_peer_outside_the_pid_namespace_is_forbidden
    apart = HeldTarget.new(HeldTarget.distroless_root, options: ["--pid=private"])
    assert_match(/\Aforbidden /, apart.client.read_answer(apart.client.connect).failure)
  end

  private

  def exchange(frames)
    socket = target.client.connect
    frames.each { |type, payload| target.client.send_frame(socket, type, payload) }
    target.client.read_answer(socket)
  rescue Errno::EPIPE, Errno::ECONNRESET
    target.client.read_answer(socket)
  ensure
    socket&.close
  end

  def sleeping?(seconds) = Dir["/proc/[0-9]*/cmdline"].any? { |file| File.read(file) == "sleep\0#{seconds}\0" rescue false }

  def wait_until
    200.times do
      return if yield

      sleep 0.05
    end
    flunk "it did not happen within ten seconds"
  end
end
