# frozen_string_literal: true

require "tempfile"
require_relative "lib/comparison"
require_relative "lib/coverage_table"

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

    after { File.unlink(document) }

    def rows(inside, beside, known = {})
      described_class.new(compare(inside, beside, known).controls).write(document)
      File.read(document).scan(/^\| `(\w+)` \| ([a-z ]+) \|/).to_h
    end

    def compare(inside, beside, known)
      Tempfile.create("known") { |file| return Comparison.new(inside, beside, file.path.tap { |path| File.write(path, YAML.dump(known)) }) }
    end

    it "tells full, partial, otherwise, refused and nothing to read apart" do
      inside = report("file a" => 1, "os a" => 1, "os b" => 1, "npm a" => 1, "yum a" => 1, "cron a" => nil)
      beside = report("file a" => 1, "os a" => 1, "os b" => :uname, "npm a" => 2, "yum a" => :yum, "cron a" => nil)

      expect(rows(inside, beside, "why" => ["os b", "npm a", "yum a"])).to eq(
        "file" => "full", "os" => "partial", "npm" => "otherwise", "yum" => "refused", "cron" => "nothing to read"
      )
      expect(File.read(document)).to include("| why: `b` (`uname`) |", "| why: `a` (`yum`) |").and start_with("before\n").and end_with("after\n")
    end

    it "is current only where the document says the same" do
      table = described_class.new(compare(report("file a" => 1), report("file a" => 1), {}).controls)
      expect(table.current?(document)).to be false
      table.write(document)
      expect(table.current?(document)).to be true
      File.write(document, File.read(document).sub("| full |", "| partial |"))
      expect(table.current?(document)).to be false
    end
  end
end
