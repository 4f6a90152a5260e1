# frozen_string_literal: true

require "json"
require "open3"
require "tmpdir"
require "fileutils"
require "zlib"
require "digest"
require "profile"
require "sidescan/given"
require "tree"

# The scan pod of docs/scan-pod.md without an engine: a PID namespace whose first process is the infra container's, a target in a mount
# namespace and root of its own, and the scanner in the built image's root.
class Pod
  STATE = ENV.fetch("SIDESCAN_TEST_STATE")
  IMAGE = "#{STATE}/image"
  SLEEPER = "#{STATE}/sleeper"
  SCRIPT = File.expand_path("pod.sh", __dir__)

  # What one scan left.
  Result = Struct.new(:status, :stdout, :stderr, :termination, keyword_init: true) do
    def receipt
      json = frame_lines.last.to_s[/\A##sidescan receipt (.*)/, 1] or raise "no receipt; exit status #{status}\n#{stdout[-2000..] || stdout}\n#{stderr}"
      @receipt ||= JSON.parse(json)
    end

    def error
      receipt.fetch("error")
    end

    def frame_lines
      stdout.lines(chomp: true).grep(/\A##sidescan /)
    end

    def header
      frame_lines.filter_map { |line| line[/\A##sidescan report (.*)/, 1] }.first&.then { |json| JSON.parse(json) }
    end

    # The bytes of the report, put together from the frames.
    def report_bytes
      raise "no report: #{receipt}\n#{stderr}" unless header

      Zlib.gunzip(frame_lines.filter_map { |line| line[/\A##sidescan \d+ (\S+)\z/, 1] }.join.unpack1("m0"))
    end

    # Control id → results.
    def controls
      JSON.parse(report_bytes).fetch("profiles").flat_map { |profile| profile["controls"] }.to_h { |control| [control["id"], control["results"]] }
    end

    # What the tests of a control said.
    def messages(id)
      controls.fetch(id).map { |result| "#{result['code_desc']}: #{result['message']}" }
    end

    # Control id → passed, failed, skipped or error, as the service judges it: any backtrace is an error.
    def statuses
      controls.transform_values do |results|
        next "error" if results.any? { |result| result["backtrace"] } || results.empty?

        %w[failed passed skipped].find { |status| results.any? { |result| result["status"] == status } }
      end
    end
  end

  # `command`: what the target runs; `hold: true` gives it the toolbox and runs hold instead; `devices`: what its /dev holds.
  def initialize(tree, hold: false, command: ["/sleeper"], devices: %w[null zero urandom])
    @tree = tree
    @hold = hold
    @devices = devices
    @command = hold ? ["/sidescan/hold"] : command
    tree.program("/sleeper", SLEEPER)
    %w[/proc /dev /sidescan].each { |folder| tree.folder(folder) }
  end

  # Runs `profile` (path → text) and returns the Result. `before` and `meanwhile`: shell code ahead of
  # the scanner's start and beside it, with $TARGET and $SCANNER;
  # `as`: uid of the scanner without any capability; `arguments`: more of the command line; `environment`: of the scanner;
  # `delay`: seconds that the target's process spends in its namespace with the node's root; `given`: file name → text of /inputs, whose digest is on the command line.
  def scan(profile, arguments: [], deadline: 30, before: ":", meanwhile: ":", as: nil, environment: {}, target_as: nil, delay: 0, given: nil)
    Dir.mktmpdir("sidescan-pod") do |folder|
      %w[profile inputs work tmp dev run].each { |name| Dir.mkdir("#{folder}/#{name}", 0o777) }
      FileUtils.chmod(0o777, %w[work tmp run].map { |name| "#{folder}/#{name}" })
      FileUtils.chmod(0o755, folder)
      profile.is_a?(Hash) ? TestProfile.pack("#{folder}/profile", profile) : profile.call("#{folder}/profile")
      given&.each { |name, text| File.write("#{folder}/inputs/#{name}", text, perm: 0o444) }
      arguments += ["--inputs-digest", Sidescan::Given.digest(given)] if given && !arguments.include?("--inputs-digest")
      line = ["--scan", "scan_test", "--attempt", "1", "--container", "target", "--proof", @hold ? "hold" : "process",
              "--deadline", deadline.to_s, *arguments]
      run(folder, line, [before, meanwhile, delay], as, environment, target_as)
    end
  end

  private

  def run(folder, line, shell, as, environment, target_as)
    settings = { "FOLDER" => folder, "ROOT" => @tree.path, "IMAGE" => IMAGE, "HOLD" => @hold ? "yes" : "", "DEVICES" => @devices.join(" "), "BEFORE" => shell[0], "MEANWHILE" => shell[1], "DELAY" => shell[2].to_s,
                 "SCANNER_AS" => as.to_s, "TARGET_AS" => target_as.to_s, "TARGET_COMMAND" => @command.join(" "),
                 "SCANNER_ENV" => environment.map { |name, value| "#{name}=#{value}" }.join(" ") }
    stdout, stderr, status = Open3.capture3(settings, "unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "bash", SCRIPT, *line,
                                            unsetenv_others: false)
    Result.new(status: status.exitstatus, stdout: stdout, stderr: stderr, termination: File.read("#{folder}/dev/termination-log"))
  end
end
