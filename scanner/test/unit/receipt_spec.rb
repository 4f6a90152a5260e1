# frozen_string_literal: true

require "sidescan/receipt"
require "tmpdir"

RSpec.describe Sidescan::Receipt do
  def coverage(refused: [], target: [])
    { inProcess: 1, toolbox: 2, target: 3, refused: refused.size, refusedPrograms: refused, targetPrograms: target, cut: 0 }
  end

  it "is JSON of one line with its version first" do
    json = described_class.new(scan: "s", ok: true, coverage: coverage, error: nil).to_json

    expect(json).to start_with('{"v":1,')
    expect(json).not_to include("\n")
  end

  it "stays within 4,000 bytes, and counts what it left out" do
    names = (1..500).map { |number| "program-number-#{number}" }
    json = described_class.new(ok: true, coverage: coverage(refused: names.dup, target: ["nginx"]), error: nil).to_json
    kept = JSON.parse(json)["coverage"]

    expect(json.bytesize).to be_between(3900, 4000)
    expect(kept["refusedPrograms"].size + kept["cut"]).to eq 500
    expect(kept["targetPrograms"]).to eq ["nginx"]
  end

  it "cuts a message to 1,500 bytes, and further where it must" do
    wide = described_class.new(ok: false, coverage: coverage, error: { code: "SCANNER_FAILED", message: "é" * 3000 })
    message = JSON.parse(wide.to_json)["error"]["message"]

    expect(wide.to_json.bytesize).to be <= 4000
    expect(message.bytesize).to be <= 1500
    expect(message).to be_valid_encoding
  end

  it "takes bytes that are no text" do
    json = described_class.new(ok: false, coverage: nil, error: { code: "SCANNER_FAILED", message: "caf\xE9 \e[31m\0 end" }).to_json

    expect(JSON.parse(json)["error"]["message"]).to match(/\Acaf. .\[31m. end\z/)
  end

  it "is written to the termination message, and a missing one is no failure" do
    Dir.mktmpdir do |folder|
      receipt = described_class.new(ok: true, coverage: coverage, error: nil)
      receipt.leave("#{folder}/log")
      expect(File.read("#{folder}/log")).to eq receipt.to_json
      expect { receipt.leave("#{folder}/no/log") }.to output(/no termination message/).to_stderr
    end
  end
end
