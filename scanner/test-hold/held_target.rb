# frozen_string_literal: true

require "fileutils"
require "open3"
require "hold_client"

# Real containers whose process is hold, as the pod starts them: read-only, all capabilities dropped but one, the engine's default seccomp profile.
class HeldTarget
  PLACE = ENV.fetch("SIDESCAN_TEST_PLACE")
  IMAGE = ENV.fetch("SIDESCAN_TEST_IMAGE")
  OPTIONS = %w[--network=none --read-only --cap-drop=all --security-opt=no-new-privileges --pids-limit=400].freeze

  def self.podman(*arguments)
    out, error, status = Open3.capture3("podman", *arguments)
    raise "podman #{arguments.first}: #{error}" unless status.success?

    out.strip
  end

  # The target that most tests share: a root file system with one static program and no shell.
  def self.distroless
    @distroless ||= new(distroless_root)
  end

  def self.distroless_root
    @distroless_root ||= "#{PLACE}/distroless".tap do |root|
      FileUtils.mkdir_p(%w[etc usr/bin usr/sbin proc dev sys tmp sidescan/run data].map { |name| "#{root}/#{name}" })
      FileUtils.cp("#{PLACE}/app", "#{root}/usr/bin/app")
      FileUtils.ln_s("app", "#{root}/usr/bin/linked-app")
      File.write("#{root}/usr/sbin/script", "#!/usr/bin/app\n", perm: 0o755)
      File.write("#{root}/etc/passwd", "root:x:0:0:root:/root:/sbin/nologin\napp:x:1000:1000::/:/sbin/nologin\n")
      File.write("#{root}/etc/group", "root:x:0:\napp:x:1000:\n")
      FileUtils.mkdir_p("#{root}/closed")
      File.write("#{root}/closed/file", "")
      File.chmod(0o700, "#{root}/closed")
      File.write("#{root}/data/secret", "for root alone\n", perm: 0o600)
      File.write("#{root}/data/of-app", "for app alone\n", perm: 0o600)
      File.chown(1000, 1000, "#{root}/data/of-app")
    end
  end

  attr_reader :name, :socket

  # `capabilities`: added to none. The PID namespace is the machine's, so that these tests are peers that hold can see.
  def initialize(root, capabilities: %w[DAC_READ_SEARCH], user: "0:0", env: {}, options: [])
    @run = Dir.mktmpdir("run.", PLACE)
    File.chmod(0o777, @run)
    @socket = "#{@run}/hold.sock"
    @name = HeldTarget.podman("run", "--detach", "--label", "sidescan.test=#{PLACE}", "--pid=host", "--user=#{user}", *OPTIONS,
                              *capabilities.map { |capability| "--cap-add=#{capability}" }, *env.map { |key, value| "--env=#{key}=#{value}" }, *options,
                              "--volume=#{PLACE}/sidescan:/sidescan:ro", "--volume=#{@run}:/sidescan/run", "--rootfs", root, "/sidescan/hold")
    wait_for_socket
    Minitest.after_run { stop }
  end

  def pid = Integer(HeldTarget.podman("inspect", "--format", "{{.State.Pid}}", @name), 10)
  def running? = HeldTarget.podman("inspect", "--format", "{{.State.Running}}", @name) == "true"
  def logs = HeldTarget.podman("logs", @name)
  def client = HoldClient.new(@socket)
  def run(...) = client.run(...)

  def stop
    Open3.capture2e("podman", "rm", "-f", "-t", "0", @name)
  end

  private

  def wait_for_socket
    200.times do
      return if File.socket?(@socket)

      sleep 0.02
    end
    raise "hold made no socket: #{Open3.capture2e("podman", "logs", @name).first}"
  end
end
