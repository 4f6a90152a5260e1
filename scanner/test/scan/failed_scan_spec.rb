# frozen_string_literal: true

require "pod"

GOOD_CONTROL = "control 'ok' do\n describe file('/') do\n  it { should exist }\n end\nend\n"

RSpec.describe "a scan that cannot have a result" do
  let(:tree) { Tree.new.file("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n").file("/usr/bin/app", "", mode: 0o755) }

  after { tree.remove }

  def expect_failure(result, code, message)
    expect(result.status).to eq 1
    expect(result.receipt).to include("ok" => false)
    expect(result.error["code"]).to eq code
    expect(result.error["message"]).to match message
    expect(result.error["message"].bytesize).to be <= 1500
    expect(JSON.parse(result.termination)).to eq result.receipt
  end

  { # name → files of the profile, code, message
    "a Ruby syntax error, by file and line" =>
      [{ "controls/a.rb" => GOOD_CONTROL, "controls/b.rb" => "control 'x' do\n describe('a') { \nend\n" }, "PROFILE_INVALID", %r{syntax error: sample/controls/b\.rb:\d}],
    "a syntax error in its libraries" => [{ "controls/a.rb" => GOOD_CONTROL, "libraries/l.rb" => "class X <" }, "PROFILE_INVALID", %r{libraries/l\.rb:\d}],
    "a library that is not there" => [{ "controls/a.rb" => "require 'nosuchthing'\n" }, "PROFILE_INVALID", /cannot load such file -- nosuchthing \(sample.controls.a\.rb:1\)/],
    "a word that is no resource" => [{ "controls/a.rb" => "nosuchword 1\n" }, "PROFILE_INVALID", /controls.a\.rb: undefined method `nosuchword'/],
    "an inspec.yml that is no YAML" => [{ "inspec.yml" => "name: [\n", "controls/a.rb" => GOOD_CONTROL }, "PROFILE_INVALID", /inspec\.yml is not valid YAML/],
    "an inspec.yml without a name" => [{ "inspec.yml" => "version: 1.0.0\n", "controls/a.rb" => GOOD_CONTROL }, "PROFILE_INVALID", /has no name/],
    "no inspec.yml" => [{ "inspec.yml" => nil, "controls/a.rb" => GOOD_CONTROL }, "PROFILE_INVALID", /holds no inspec\.yml/],
    "an auditor that is too old for it" =>
      [{ "inspec.yml" => "name: n\nversion: 1.0.0\ninspec_version: '>= 6.0'\n", "controls/a.rb" => GOOD_CONTROL }, "PROFILE_INVALID",
       /inspec_version >= 6\.0.*5\.24\.24.*CINC Auditor/],
    "a dependency that is not in the archive" =>
      [{ "inspec.yml" => "name: n\nversion: 1.0.0\ndepends:\n- name: base\n  url: https://example.invalid/b.tar.gz\n", "controls/a.rb" => "include_controls 'base'\n" },
       "PROFILE_INVALID", /depends on base.*vendor/],
    "no control in it" => [{ "controls/a.rb" => "# none\n" }, "PROFILE_INVALID", /no controls/],
    "another platform to support" => [{ "inspec.yml" => "name: n\nversion: 1.0.0\nsupports:\n- platform: windows\n", "controls/a.rb" => GOOD_CONTROL }, "PROFILE_INVALID",
                                      /n does not support this target's platform \(debian 12\)/],
    "a command at load that may not run" => [{ "controls/a.rb" => "x = command('app -T').stdout\n#{GOOD_CONTROL}" }, "PROFILE_COMMAND_REFUSED", %r{\(/usr/bin/app\).*Allow the program for this scan \(allowTargetCommands\)}],
    "a command at load that is nowhere" => [{ "controls/a.rb" => "x = command('nginx -T').stdout\n#{GOOD_CONTROL}" }, "PROFILE_COMMAND_REFUSED", /\(nginx\): nginx is neither.*only_if/],
    "a refused command at load that it rescues" =>
      [{ "controls/a.rb" => "x = begin; command('nginx -T').stdout; rescue StandardError; ''; end\n#{GOOD_CONTROL}" }, "PROFILE_COMMAND_REFUSED", /nginx/],
    "a refused command in only_if" => [{ "controls/a.rb" => "only_if { command('nginx -T').stdout.empty? }\n#{GOOD_CONTROL}" }, "PROFILE_COMMAND_REFUSED", /nginx/],
    "a kill of the auditor" => [{ "controls/a.rb" => "Process.kill(:KILL, Process.pid)\n" }, "SCANNER_FAILED", /killed by signal 9/],
    "an exit of its own" => [{ "controls/a.rb" => "exit! 0\n" }, "SCANNER_FAILED", /exit code 0 and no report/]
  }.each do |name, (files, code, message)|
    it "fails with #{code} where the profile has #{name}" do
      expect_failure(Pod.new(tree, hold: true).scan(files), code, message)
    end
  end

  it "sends the report of a profile that did not load as evidence" do
    result = Pod.new(tree).scan({ "controls/a.rb" => "nosuchword 1\n" })

    expect(Digest::SHA256.hexdigest(result.report_bytes)).to eq result.receipt.dig("report", "sha256")
    expect(JSON.parse(result.report_bytes).dig("profiles", 0, "status")).to eq "failed"
  end

  it "fails with PROFILE_NOT_FOUND where there is no archive" do
    expect_failure(Pod.new(tree).scan(->(_folder) {}), "PROFILE_NOT_FOUND", /no profile archive/)
  end

  it "fails with PROFILE_INVALID where there are two archives, or one that is cut off" do
    two = lambda do |folder|
      TestProfile.pack(folder, { "controls/a.rb" => GOOD_CONTROL })
      TestProfile.pack(folder, { "controls/a.rb" => GOOD_CONTROL }, name: "other")
    end
    cut = ->(folder) { File.truncate(TestProfile.pack(folder, { "controls/a.rb" => "# #{Random.new(1).bytes(2000).unpack1('H*')}" }), 900) }

    expect_failure(Pod.new(tree).scan(two), "PROFILE_INVALID", /other\.tar\.gz, sample\.tar\.gz/)
    expect_failure(Pod.new(tree).scan(cut), "PROFILE_INVALID", /no whole \.tar\.gz/)
  end

  it "fails with PROFILE_INVALID where the archive is not the one that was asked for" do
    result = Pod.new(tree).scan({ "controls/a.rb" => GOOD_CONTROL }, arguments: ["--profile-digest", "sha256:#{'0' * 64}"])

    expect_failure(result, "PROFILE_INVALID", /not the one that was asked for/)
  end

  it "fails with REPORT_TOO_LARGE, and says so before it is printed" do
    large = { "controls/a.rb" => "require 'securerandom'\ndescribe SecureRandom.hex(20_000) do\n it { should eq '' }\nend\n" }

    expect_failure(Pod.new(tree).scan(large, arguments: ["--max-log-bytes", "5000"]), "REPORT_TOO_LARGE", /compressed/)
    result = Pod.new(tree).scan(large, arguments: ["--max-report-bytes", "20000"])
    expect_failure(result, "REPORT_TOO_LARGE", /limit/)
    expect(result.frame_lines.size).to eq 1
  end

  it "fails with TIMEOUT at the deadline, whatever the auditor does" do
    started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    stubborn = { "controls/a.rb" => "trap('TERM', 'IGNORE')\ncontrol 'x' do\n describe(sleep(60)) { it { should eq 1 } }\nend\n" }

    expect_failure(Pod.new(tree).scan(stubborn, deadline: 2), "TIMEOUT", /within 2 s: the auditor was still at work/)
    expect(Process.clock_gettime(Process::CLOCK_MONOTONIC) - started).to be < 6
  end

  it "fails with TIMEOUT where the target never answers, and says what it waited for" do
    pod = Pod.new(tree, hold: true)
    pod.instance_variable_set(:@command, ["/sleeper"])

    expect_failure(pod.scan({ "controls/a.rb" => GOOD_CONTROL }, deadline: 3), "TIMEOUT", /does not answer on its socket/)
  end

  it "ends at once when it is told to stop" do
    slow = { "controls/a.rb" => "sleep 60\n" }
    started = Process.clock_gettime(Process::CLOCK_MONOTONIC)

    expect_failure(Pod.new(tree).scan(slow, meanwhile: "sleep 1; kill -TERM $SCANNER"), "SCANNER_FAILED", /told to stop/)
    expect(Process.clock_gettime(Process::CLOCK_MONOTONIC) - started).to be < 6
  end

  it "fails with SCANNER_FAILED for a command line that is wrong, and still leaves a receipt" do
    result = Pod.new(tree).scan({ "controls/a.rb" => GOOD_CONTROL }, arguments: ["--verbose", "yes"])

    expect_failure(result, "SCANNER_FAILED", /unknown option "--verbose"/)
    expect(result.receipt).to include("scan" => "scan_test", "attempt" => 1)
  end
end
