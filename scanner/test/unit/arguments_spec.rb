# frozen_string_literal: true

require "sidescan/arguments"

RSpec.describe Sidescan::Arguments do
  let(:line) { %w[--scan scan_1 --attempt 2 --container target --proof hold --deadline 30] }

  it "takes the contract's command line" do
    arguments = described_class.parse([*line, "--allow", "nginx", "--allow", "/usr/sbin/sshd", "--max-log-bytes", "10"])

    expect(arguments.to_h).to include(scan: "scan_1", attempt: 2, container: "target", proof: :hold, deadline: 30, profile_digest: nil,
                                      max_report_bytes: 64 * 1024 * 1024, max_log_bytes: 10, allow: %w[nginx /usr/sbin/sshd])
  end

  {
    "an unknown option" => [%w[--verbose 1], /unknown option/],
    "an option without a value" => [%w[--allow], /needs a value/],
    "an option given twice" => [%w[--scan x], /given twice/],
    "a deadline of 0" => [%w[--max-report-bytes 0], /cannot be "0"/],
    "an argument of its own" => [%w[profile.tar.gz], /unknown option/],
    "a digest that is none" => [%w[--profile-digest sha256:abc], /cannot be/],
    "a digest of inputs that is none" => [%w[--inputs-digest abc], /cannot be/],
    "a program with a space" => [["--allow", "rm -rf"], /cannot be/]
  }.each do |what, (more, message)|
    it "refuses #{what}" do
      expect { described_class.parse(line + more) }.to raise_error(Sidescan::Failure, message)
    end
  end

  it "refuses every command line that lacks a required option, or has a wrong value there" do
    line.each_slice(2) do |option, _value|
      without = line.each_slice(2).reject { |name, _| name == option }.flatten
      expect { described_class.parse(without) }.to raise_error(Sidescan::Failure, /missing #{option}/)
      expect { described_class.parse(without + [option, "Ä x"]) }.to raise_error(Sidescan::Failure, /#{option} cannot be/)
    end
  end

  it "knows scan and attempt of a wrong line, for its receipt" do
    expect(described_class.identity(%w[--scan scan_1 --attempt 7 --nonsense])).to eq(scan: "scan_1", attempt: 7)
    expect(described_class.identity(%w[--attempt x])).to eq(scan: nil, attempt: nil)
  end
end
