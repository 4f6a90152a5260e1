# frozen_string_literal: true

require "tempfile"
require_relative "lib/comparison"
require_relative "lib/coverage_table"
require_relative "lib/distribution_table"
require_relative "lib/expected_answers"

# The comparison itself: what it lets pass, and what fails it.
RSpec.describe Comparison do
  # A report of controls: id → value that its only test shows, or its whole message.
  def report(values)
    controls = values.map do |id, value|
      message = value.is_a?(Symbol) ? "Command not run in the target (#{value}): it may not" : "\nexpected: :value\n     got: #{value.inspect}\n"
      { "id" => id, "results" => [{ "status" => "failed", "code_desc" => "#{id} size is expected to eq :value", "message" => message, "resource_class" => id.split.first }] }
    end
    { "profiles" => [{ "controls" => controls }] }
  end

  def compare(inside, beside, known = {})
    Tempfile.create("known") do |file|
      File.write(file, YAML.dump(known))
      return described_class.new(report(inside), report(beside), file.path)
    end
  end

  def counts(...)
    compare(...).then { |comparison| [comparison.passed, comparison.failed] }
  end

  it "passes what is the same, and fails a difference that nothing names" do
    expect(counts({ "file a" => 1, "file b" => 2 }, { "file a" => 1, "file b" => 2 })).to eq [2, 0]
    expect(counts({ "file a" => 1, "file b" => 2 }, { "file a" => 1, "file b" => 3 })).to eq [1, 1]
  end

  it "fails a control that is undecided or missing in one report, unless it is named" do
    expect(counts({ "file a" => 1 }, { "file a" => :ls })).to eq [0, 1]
    expect(counts({ "file a" => 1 }, {})).to eq [0, 1]
    expect(counts({ "file a" => 1 }, { "file a" => :ls }, { "why" => ["file a"] })).to eq [1, 0]
  end

  it "fails a name that no longer differs, and takes names as whole ids" do
    expect(counts({ "file a" => 1 }, { "file a" => 1 }, { "why" => ["file a"] })).to eq [1, 1]
    expect(counts({ "file ab" => 1 }, { "file ab" => 2 }, { "why" => ["file a"] })).to eq [0, 2]
  end

  describe CoverageTable do
    let(:document) { Tempfile.create("coverage").path.tap { |path| File.write(path, "before\n#{described_class::MARKS.join}after\n") } }
    let(:others) { described_class::NEEDED.to_h { |name| ["#{name} z", 1] } }

    after { File.unlink(document) }

    # Resource → its row's cells.
    def rows(inside, beside, distroless, known = {})
      controls = compare(inside, beside, known).controls
      described_class.new(controls, compare(inside, distroless, {}).controls).write(document)
      File.readlines(document).filter_map { |line| line.split(" | ").map(&:strip) if line.start_with?("| `") }.to_h { |cells| [cells.first[/`(\w+)`/, 1], cells.drop(1)] }
    end

    def compare(inside, beside, known)
      Tempfile.create("known") do |file|
        return Comparison.new(report(others.merge(inside)), report(others.merge(beside)), file.path.tap { |path| File.write(path, YAML.dump(known)) })
      end
    end

    it "tells full, partial, otherwise, refused and nothing to read apart" do
      inside = { "file a" => 1, "os a" => 1, "os b" => 1, "npm z" => 1, "yum z" => 1, "cron z" => nil }
      beside = { "file a" => 1, "os a" => 1, "os b" => :uname, "npm z" => 2, "yum z" => :yum, "cron z" => nil }
      shown = rows(inside, beside, inside, "why" => ["os b", "npm z", "yum z"])

      expect(shown.slice("file", "os", "npm", "yum", "cron").transform_values(&:first)).to eq(
        "file" => "full", "os" => "partial", "npm" => "otherwise", "yum" => "refused", "cron" => "nothing to read"
      )
      expect(shown.transform_values { |cells| cells[8] }.slice("os", "yum")).to eq("os" => "why: `b` (`uname`)", "yum" => "why: `z` (`yum`)")
      expect(File.read(document)).to start_with("before\n").and end_with("after\n")
    end

    it "says what of it a distroless root leaves undecided, and why" do
      inside = { "file a" => 1, "os a" => 1, "os b" => 1, "yum z" => 1 }
      shown = rows(inside, inside, inside.merge("os b" => :uname, "yum z" => :yum)).transform_values { |cells| cells.values_at(5, 6, 9) }

      expect(shown["file"].first(2)).to eq %w[full 0]
      expect(shown["os"].first(2)).to eq %w[partial 1]
      expect(shown["os"].last).to start_with("`uname` it may not: `b`")
      expect(shown["yum"].first(2)).to eq %w[refused 1]
      expect(File.read(document)).to include("| `passwd`, `etc_passwd` |")
    end

    it "refuses a comparison that leaves a resource out" do
      all = Comparison.new(report(others.except("csv z", "pam z")), report(others.except("csv z", "pam z")), nil).controls
      expect { described_class.new(all, all) }.to raise_error("no control asks pam, csv")
    end

    it "is current only where the document says the same" do
      controls = compare({}, {}, {}).controls
      table = described_class.new(controls, controls)
      expect(table.current?(document)).to be false
      table.write(document)
      expect(table.current?(document)).to be true
      File.write(document, File.read(document).sub("| full |", "| partial |"))
      expect(table.current?(document)).to be false
    end
  end

  describe ExpectedAnswers do
    def judge(inside, beside, expected)
      Tempfile.create("expected") do |file|
        File.write(file, YAML.dump(expected))
        return described_class.new(file.path, Comparison.new(report(inside), report(beside), nil).controls).then { |answers| [answers.passed, answers.failed] }
      end
    end

    it "wants every control named, once, and every name to be of one" do
      expect(judge({ "file a" => 1 }, { "file a" => 1 }, "as the twin" => ["file a"])).to eq [1, 0]
      expect(judge({ "file a" => 1 }, { "file a" => 1 }, {})).to eq [0, 1]
      expect(judge({ "file a" => 1 }, { "file a" => 1 }, "as the twin" => ["file a"], "answers" => { "file .*" => { "size" => "1" } })).to eq [0, 1]
      expect(judge({ "file a" => 1 }, { "file a" => 1 }, "as the twin" => ["file a", "file b"])).to eq [1, 1]
    end

    it "compares with the twin, or with what is written" do
      expect(judge({ "file a" => 1 }, { "file a" => 2 }, "as the twin" => ["file a"])).to eq [0, 1]
      expect(judge({ "file a" => 1 }, { "file a" => 2 }, "answers" => { "file a" => { "size" => "2" } })).to eq [1, 0]
      expect(judge({ "file a" => 1 }, { "file a" => 2 }, "answers" => { "file a" => { "size" => "1" } })).to eq [0, 1]
      expect(judge({ "file a" => 1 }, { "file a" => 2 }, "answers" => { "file a" => { "*" => "twin" } })).to eq [0, 1]
      expect(judge({ "file a" => 1 }, { "file a" => 23 }, "answers" => { "file a" => { "*" => "/\\A\\d+\\z/" } })).to eq [1, 0]
      expect(judge({ "file a" => 1 }, { "file a" => 1 }, "answers" => { "file a" => { "size" => "1", "mode" => "2" } })).to eq [0, 1]
      expect(judge({ "file a" => 1 }, { "file a" => 1 }, "answers" => { "file a" => { "mode" => "2" } })).to eq [0, 1]
    end

    it "takes an error for an error only, with its reason" do
      expect(judge({ "file a" => 1 }, { "file a" => :ls }, "answers" => { "file a" => "error: (ls)" })).to eq [1, 0]
      expect(judge({ "file a" => 1 }, { "file a" => :ls }, "answers" => { "file a" => "error: (cat)" })).to eq [0, 1]
      expect(judge({ "file a" => 1 }, { "file a" => 1 }, "answers" => { "file a" => "error: " })).to eq [0, 1]
      expect(judge({ "file a" => 1 }, { "file a" => :ls }, "answers" => { "file a" => "passed" })).to eq [0, 1]
    end
  end

  it "tells for each kind of target what is decided" do
    controls = ->(answers) { Comparison.new({ "profiles" => [] }, report(answers), nil).controls }
    targets = { "A" => { "os" => 1, "package a" => 1, "package b" => :x, "line: rpm -q a" => :rpm }, "B" => { "os" => 2, "package a" => 1, "package b" => 1, "line: rpm -q a" => 1 } }
    Tempfile.create("document") do |file|
      File.write(file.path, "x\n#{DistributionTable::MARKS.join}y\n")
      DistributionTable.new(targets.transform_values { |answers| Struct.new(:controls).new(controls.call(answers)) }).write(file.path)
      expect(File.read(file.path)).to include("| | A | B |\n", "| `os` | full | full |\n", "| `package` | partial | full |\n", "| commands with `rpm` | refused | full |\n")
    end
  end
end
