# frozen_string_literal: true

require "described"

RSpec.describe "the texts of a profile" do
  metadata = "name: sample\nversion: 1.2.3\ntitle: Sample\nsummary: s\nmaintainer: m\ncopyright: c\nlicense: Apache-2.0\n"
  good = <<~RUBY
    control 'one' do
      impact 0.7
      title 'First'
      desc 'What it is'
      tag nist: ['AC-1'], severity: 'high'
      ref 'Doc', url: 'https://example.com'
      describe file('/etc/passwd') do
        it { should exist }
      end
    end
  RUBY

  def text_of(result)
    raise "no texts: #{result.stdout[-2000..] || result.stdout}#{result.stderr}" unless result.status.zero?

    JSON.parse(result.report_bytes)
  end

  # The text of `code` (and other files) in a profile with nothing else to complain about.
  define_method(:described) { |code, files = {}| text_of(Described.run({ "inspec.yml" => metadata, "controls/a.rb" => code, **files })) }

  def problems(text, level)
    text["problems"].select { |one| one["level"] == level }.map { |one| [one["file"], one["line"], one["message"]] }
  end

  it "are printed in frames, with a receipt of their own kind that names archive and digest" do
    result = Described.run({ "inspec.yml" => metadata, "controls/a.rb" => good })
    digest = result.receipt.dig("profile", "digest")

    expect(result.receipt).to include("v" => 1, "kind" => "profile", "attempt" => 1, "ok" => true, "error" => nil, "digest" => digest)
    expect(result.receipt["profile"]).to include("name" => "sample", "version" => "1.2.3")
    expect(result.receipt["auditor"]["version"]).to match(/\A\d+\.\d+/)
    expect(JSON.parse(result.termination)).to eq result.receipt
    expect(Digest::SHA256.hexdigest(result.report_bytes)).to eq result.receipt.dig("report", "sha256")
    expect(text_of(result)).to eq(
      "v" => 1, "profile" => { "name" => "sample", "version" => "1.2.3", "title" => "Sample", "summary" => "s" }, "problems" => [],
      "controls" => [{ "id" => "one", "title" => "First", "desc" => "What it is", "impact" => 0.7, "tags" => { "nist" => ["AC-1"], "severity" => "high" },
                       "refs" => [{ "ref" => "Doc", "url" => "https://example.com" }], "code" => good, "source" => { "ref" => "sample/controls/a.rb", "line" => 1 } }]
    )
  end

  it "come whole from an archive in parts, and not at all where one is missing" do
    cut = lambda do |folder, without|
      path = TestProfile.pack(folder, { "inspec.yml" => metadata, "controls/a.rb" => good, "files/x" => Random.new(1).bytes(5000).unpack1("H*") })
      bytes = File.binread(path)
      File.delete(path)
      bytes.bytes.each_slice(1000).with_index { |part, number| File.binwrite(format("%s.%03d", path, number), part.pack("C*")) unless number == without }
      "sha256:#{Digest::SHA256.hexdigest(bytes)}"
    end

    expect(text_of(Described.run { |folder| cut.call(folder, nil) })["controls"].map { |one| one["id"] }).to eq ["one"]
    expect(Described.run { |folder| cut.call(folder, 1) }.error).to include("code" => "PROFILE_NOT_FOUND")
  end

  it "hold what a control says before it asks the target for anything, whatever the answer would be" do
    control = described(<<~RUBY)["controls"].first
      control 'x' do
        impact 0.9
        title 'Firm'
        tag severity: 'high'
        if command('systemd-detect-virt').stdout.empty? || file('/x').exist? || os.debian?
          impact 0.0
          title 'Not here'
          tag severity: 'low', later: true
        else
          impact 0.1
        end
        desc 'After the question'
        only_if('never', impact: 0.0) { file('/nope').exist? }
        only_applicable_if { false }
        describe(1) { it { should eq 1 } }
      end
    RUBY

    expect(control).to include("impact" => 0.9, "title" => "Firm", "desc" => "After the question")
    expect(control["tags"]["severity"]).to eq "high"
  end

  it "are those of the overlay over those of the base, where a profile includes another's controls" do
    base = Dir.mktmpdir { |folder| File.binread(TestProfile.pack(folder, { "inspec.yml" => metadata.sub("sample", "base"), "controls/b.rb" => good }, name: "base")) }
    sha256 = Digest::SHA256.hexdigest(base)
    source = "url: https://example.invalid/base.tar.gz"
    vendored = { "inspec.yml" => "#{metadata}depends:\n- name: base\n  #{source}\n", "vendor/#{sha256}.tar.gz" => base,
                 "inspec.lock" => "---\nlockfile_version: 1\ndepends:\n- name: base\n  resolved_source:\n    #{source}\n    sha256: #{sha256}\n  version_constraints: []\n" }
    overlay = described("include_controls 'base' do\n control 'one' do\n  impact 0.2\n end\nend\n", vendored)
    as_it_is = described("include_controls 'base'\n", vendored)

    expect(overlay["problems"] + as_it_is["problems"]).to eq []
    expect(overlay["controls"]).to match [a_hash_including("id" => "one", "title" => "First", "impact" => 0.2)]
    expect(as_it_is["controls"]).to match [a_hash_including("id" => "one", "title" => "First", "impact" => 0.7, "code" => good)]
  end

  { # name → files, then file, line and words of the error
    "a syntax error" => [{ "controls/b.rb" => "control 'x' do\n describe('a') { \nend\n" }, "sample/controls/b.rb", Integer, /Ruby syntax error/],
    "a word that is no resource" => [{ "controls/b.rb" => "\nnosuchword 1\n" }, "sample/controls/b.rb", 2, /undefined method `nosuchword'/],
    "a library that is not there" => [{ "controls/b.rb" => "require 'nosuchthing'\n" }, "sample/controls/b.rb", 1, /cannot load such file/],
    "a syntax error in its libraries" => [{ "libraries/l.rb" => "class X <" }, "libraries/l.rb", Integer, /Ruby syntax error/],
    "an exception of its own" => [{ "controls/b.rb" => "raise 'no'\n" }, "sample/controls/b.rb", 1, /\Ano\z/],
    "a gem that the scanner has not" => [{ "inspec.yml" => "#{metadata}gem_dependencies:\n- name: nosuchgem\n" }, "inspec.yml", nil, /nosuchgem/],
    "no version" => [{ "inspec.yml" => metadata.sub(/^version.*\n/, "") }, "sample/inspec.yml", nil, /Missing profile version/],
    "an auditor that is too old for it" => [{ "inspec.yml" => "#{metadata}inspec_version: '>= 6.0'\n" }, nil, nil, /inspec_version >= 6\.0/]
  }.each do |name, (files, file, line, words)|
    it "come with an error for #{name}, and those of the other files are kept" do
      text = described(good, files)

      expect(problems(text, "error")).to include(match([file, line, words]))
      expect(text["controls"].map { |one| one["id"] }).to include("one") unless name.include?("too old")
    end
  end

  it "come with an error where there is no control" do
    expect(problems(described("# none\n"), "error")).to include([nil, nil, "the profile has no controls"])
  end

  it "come with a warning, and no error, for a file that asks for a target while it loads" do
    text = described(good, { "controls/b.rb" => "json(content: command('list').stdout).params['x'].each { |x| control(x) { } }\n" })

    expect(problems(text, "error")).to eq []
    expect(problems(text, "warning")).to match [["sample/controls/b.rb", 1, /cannot be read without a target/]]
    expect(text["controls"].map { |one| one["id"] }).to eq ["one"]
  end

  it "come without a word about resources that are not for a platform, since there is none" do
    text = described("control 'sql' do\n title 't'\n desc 'd'\n impact 0.3\n describe mysql_session('a', 'b').query('select 1') do\n  its('output') { should eq '' }\n end\nend\n",
                     { "controls/b.rb" => "mysql_session('a', 'b').query('show tables').lines.each { |line| control(line) { } }\n" })

    expect(problems(text, "error")).to eq []
    expect(problems(text, "warning")).to match [["sample/controls/b.rb", 1, /cannot be read without a target/]]
    expect(text["controls"]).to match [a_hash_including("id" => "sql", "impact" => 0.3)]
  end

  it "come with what the auditor's own check says" do
    text = described("control 'bare' do\n impact 1.7\nend\ncontrol 'broken' do\n title 't'\n desc 'd'\n nosuchword 1\nend\n", { "inspec.yml" => "name: sample\nversion: 1.0.0\n" })
    warnings = problems(text, "warning").map(&:last)

    expect(warnings).to include("Missing profile title in inspec.yml", "Control bare has no title", "Control bare has impact > 1.0", "Control bare has no tests defined",
                                /control broken: its code fails: undefined method `nosuchword'/)
    expect(text["controls"].map { |one| one["impact"] }).to eq [1.0, 0.5]
  end

  it "come with at most 100 problems, errors first, and say how many more there are" do
    bare = ->(count) { (1..count).map { |number| "control 'c#{number}' do\n title 't'\n desc 'd'\nend\n" }.join } # one warning each: no tests
    at_the_limit = described(bare.call(99), { "controls/z.rb" => "nosuchword 1\n" })["problems"]
    above = described(bare.call(101), { "controls/z.rb" => "nosuchword 1\n" })["problems"]

    expect([at_the_limit.size, at_the_limit.first["level"], at_the_limit.last["message"]]).to eq [100, "error", "Control c99 has no tests defined"]
    expect([above.size, above.first["level"], above.last["message"]]).to eq [101, "error", "and 2 more"]
  end

  { # name → files, code, message
    "no inspec.yml" => [{ "inspec.yml" => nil, "controls/a.rb" => good }, "PROFILE_INVALID", /holds no inspec\.yml/],
    "a dependency that is not in the archive" => [{ "inspec.yml" => "#{metadata}depends:\n- name: base\n  url: https://example.invalid/b.tar.gz\n", "controls/a.rb" => good },
                                                  "PROFILE_INVALID", /depends on base.*vendor/],
    "a kill of the auditor" => [{ "controls/a.rb" => "Process.kill(:KILL, Process.pid)\n" }, "SCANNER_FAILED", /killed by signal 9/],
    "an exit of its own" => [{ "controls/a.rb" => "exit! 0\n" }, "SCANNER_FAILED", /exit code 0 and no description/]
  }.each do |name, (files, code, message)|
    it "are not there, and the receipt says #{code}, where the profile has #{name}" do
      result = Described.run(files)

      expect(result.status).to eq 1
      expect(result.receipt).to include("kind" => "profile", "ok" => false, "report" => nil)
      expect(result.error).to match("code" => code, "message" => message)
    end
  end

  it "end at the deadline, whatever the profile does" do
    started = Process.clock_gettime(Process::CLOCK_MONOTONIC)
    result = Described.run({ "controls/a.rb" => "trap('TERM', 'IGNORE')\nloop { sleep 60 }\n" }, "--deadline" => "2")

    expect(result.error).to match("code" => "TIMEOUT", "message" => /within 2 s/)
    expect(Process.clock_gettime(Process::CLOCK_MONOTONIC) - started).to be < 8
  end

  it "are refused where they are larger than the limits, and fit at the limits" do
    large = { "inspec.yml" => metadata, "controls/a.rb" => "control 'x' do\n title '#{Random.new(1).bytes(20_000).unpack1('H*')}'\nend\n" }
    text = Described.run(large)
    bytes, gzip = text.receipt["report"].values_at("bytes", "gzipBytes").map(&:to_i)

    expect(Described.run(large, "--max-report-bytes" => bytes.to_s, "--max-log-bytes" => gzip.to_s).status).to eq 0
    expect(Described.run(large, "--max-report-bytes" => (bytes - 1).to_s).error).to include("code" => "REPORT_TOO_LARGE")
    expect(Described.run(large, "--max-log-bytes" => (gzip - 1).to_s).error).to include("code" => "REPORT_TOO_LARGE")
  end

  it "are not read from another archive than the one asked for, nor by a wrong command line" do
    other = Described.run({ "controls/a.rb" => good }, "--profile-digest" => "sha256:#{'0' * 64}")

    expect(other.receipt).to include("ok" => false, "profile" => nil)
    expect(other.error).to match("code" => "PROFILE_INVALID", "message" => /not the one that was asked for/)
    expect(Described.run({ "controls/a.rb" => good }, "--attempt" => nil).error).to match("code" => "SCANNER_FAILED", "message" => /missing --attempt/)
    expect(Described.run({ "controls/a.rb" => good }, "--attempt" => "0").error).to match("code" => "SCANNER_FAILED", "message" => /cannot be "0"/)
    expect(Described.run({ "controls/a.rb" => good }, "--verbose" => "1").error).to match("code" => "SCANNER_FAILED", "message" => /unknown option/)
  end
end
