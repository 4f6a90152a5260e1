# frozen_string_literal: true

require "minitest"
require "json"
require "zlib"
require "held_target"

# The whole scanner in containers whose seccomp profile refuses one call, as an old kernel does: what was answered another way is answered the same.
class SeccompTest < Minitest::Test
  CONTROLS = {
    "file" => "describe(file('/data/secret')) { its('content') { should eq \"for root alone\\n\" }; its('size') { should eq 15 }; its('mode') { should cmp '0600' }; its('owner') { should eq 'root' } }",
    "absolute" => "describe(file('/links/absolute')) { its('content') { should match(/^app:/) }; its('link_path') { should eq '/etc/passwd' } }",
    "relative" => "describe(file('/links/up')) { its('content') { should match(/^app:/) } }",
    "through" => "describe(file('/links/folder/../links/up')) { its('content') { should match(/^app:/) } }",
    "dangling" => "describe(file('/links/dangling')) { it { should be_symlink }; it { should_not exist } }",
    "loop" => "describe(file('/links/loop')) { it { should be_symlink }; it { should_not exist } }",
    "ours" => "describe(file('/links/ours')) { it { should_not exist } }",
    "self" => "describe(file('/links/self')) { its('content') { should eq \"hold\\n\" } }",
    "fd" => "describe(file('/links/fd')) { it { should_not exist } }",
    "missing" => "describe(file('/nothing/there')) { it { should_not exist } }; describe(file('/etc/passwd/x')) { it { should_not exist } }",
    "wrong" => "describe(file('/etc/group')) { its('content') { should eq '' } }",
    "account" => "describe(user('app')) { its('uid') { should eq 1000 } }",
    "folder" => "describe(directory('/closed')) { it { should exist }; its('mode') { should cmp '0700' } }",
    "walk" => "describe(file('/').inspec.backend.enum_for(:walk).map { |path, stat| [path, stat.mode] }.reject { |path, _| path.start_with?('/sidescan', '/dev', '/proc', '/sys', '/run') }.sort) { it { should eq [] } }",
    "command" => "describe(command('find /links -type l | sort')) { its('stdout') { should match(/dangling/) } }"
  }.freeze

  def test_without_openat2_every_answer_is_the_same
    with, without = run_scan, run_scan(scanner: %w[openat2])
    assert_equal with, without
    assert_equal({ "fd" => "error", "wrong" => "failed", "walk" => "failed" }, statuses(with).reject { |_, status| status == "passed" })
  end

  def test_without_landlock_commands_are_errors_and_files_are_answered
    all, without = run_scan, run_scan(target: %w[landlock_create_ruleset landlock_restrict_self])
    assert_equal all.except("command"), without.except("command")
    assert_equal "error", statuses(without)["command"]
    assert_match(/cannot-confine .*Landlock/, without["command"].first["message"])
  end

  # Options for a container: everything is let through but these calls, which the kernel does not seem to have.
  def self.refusing(calls)
    return [] if calls.empty?

    file = "#{HeldTarget::PLACE}/refusing-#{calls.first}.json"
    File.write(file, JSON.generate("defaultAction" => "SCMP_ACT_ALLOW", "architectures" => ["SCMP_ARCH_X86_64"], "syscalls" => [{ "names" => calls, "action" => "SCMP_ACT_ERRNO", "errnoRet" => 38 }]))
    ["--security-opt=seccomp=#{file}"]
  end

  def self.root
    @root ||= "#{HeldTarget::PLACE}/linked".tap do |root|
      FileUtils.cp_r(HeldTarget.distroless_root, root, preserve: true)
      File.write("#{root}/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n")
      FileUtils.mkdir_p("#{root}/links")
      { "absolute" => "/etc/passwd", "up" => "../../../../etc/passwd", "folder" => "/links", "dangling" => "/nowhere", "loop" => "loop", "ours" => "/opt/sidescan/bin/scan",
        "self" => "/proc/self/comm", "fd" => "/proc/self/fd/0" }.each { |name, text| File.symlink(text, "#{root}/links/#{name}") }
    end
  end

  private

  # Control id → its results without their times, as the scanner reports them; the calls that its container and the target's are refused.
  # A target ends with its scan.
  def run_scan(scanner: [], target: [])
    held = HeldTarget.new(SeccompTest.root, options: SeccompTest.refusing(target))
    Dir.mktmpdir("scan.", HeldTarget::PLACE) do |folder|
      %w[probe probe/controls profile work].each { |name| Dir.mkdir("#{folder}/#{name}") }
      File.write("#{folder}/probe/inspec.yml", "name: probe\nversion: 1.0.0\n")
      File.write("#{folder}/probe/controls/all.rb", CONTROLS.map { |id, body| "control '#{id}' do\n  #{body}\nend\n" }.join)
      system("tar", "-czf", "#{folder}/profile/probe.tar.gz", "-C", folder, "probe", exception: true)
      results(report(held, folder, SeccompTest.refusing(scanner)))
    end
  end

  def report(target, folder, options)
    volumes = { "#{HeldTarget::PLACE}/sidescan" => "/sidescan:ro", File.dirname(target.socket) => "/sidescan/run", "#{folder}/profile" => "/profile:ro", "#{folder}/work" => "/work" }
    out, error, status = Open3.capture3("podman", "run", "--rm", "--pid=host", "--user=0:0", *HeldTarget::OPTIONS, "--cap-add=DAC_READ_SEARCH", *options, "--env=HOME=/work", "--tmpfs=/tmp",
                                        *volumes.map { |from, to| "--volume=#{from}:#{to}" }, "--entrypoint=/opt/sidescan/bin/scan", HeldTarget::IMAGE,
                                        *%w[--scan scan_test --attempt 1 --container target --proof hold --deadline 120])
    raise "the scan failed: #{out}\n#{error}" unless status.success?

    Zlib.gunzip(out.lines.filter_map { |line| line[/\A##sidescan \d+ (\S+)$/, 1] }.join.unpack1("m0"))
  end

  def results(report)
    controls = JSON.parse(report).fetch("profiles").flat_map { |profile| profile["controls"] }
    controls.to_h { |control| [control["id"], control["results"].map { |result| result.slice("status", "code_desc", "message", "exception").transform_values { |text| text.gsub(%r{/proc/\d+}, "/proc/PID") } }] }
  end

  def statuses(controls)
    controls.transform_values do |results|
      next "error" if results.any? { |result| result["exception"] }

      results.any? { |result| result["status"] == "failed" } ? "failed" : "passed"
    end
  end
end
