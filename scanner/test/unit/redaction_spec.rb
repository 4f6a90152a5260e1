# frozen_string_literal: true

require "sidescan/redaction"

RSpec.describe Sidescan::Redaction do
  def hidden(values, text)
    described_class.new(values).of(text)
  end

  it "masks a value in every string of a structure, keys and symbols too" do
    value = { "a hunter2 b" => ["hunter2", { c: :"x-hunter2" }], 1 => nil, "n" => 1.5 }

    expect(hidden(["hunter2"], value)).to eq("a *** b" => ["***", { c: :"x-***" }], 1 => nil, "n" => 1.5)
  end

  it "takes six characters for the shortest text that it masks" do
    expect(hidden(%w[abcde abcdef], "abcde abcdef")).to eq "abcde ***"
    expect(hidden([12_345, 123_456], "12345 123456 1234567")).to eq "12345 *** ***7"
  end

  it "finds every leaf of a value, and each line of a longer one" do
    expect(hidden([{ "a" => ["leaf-one", { "b" => "leaf-two" }] }, "line one\n  line two\n"], "leaf-one leaf-two line one, line two")).to eq "*** *** ***, ***"
  end

  {
    "as Ruby quotes it" => "a\"b\\c\td".inspect, "as JSON quotes it" => JSON.generate("a\"b\\c\td"), "for a shell" => Shellwords.escape("a\"b\\c\td"),
    "in a URL" => URI.encode_www_form_component("a\"b\\c\td"), "in base64" => ["a\"b\\c\td"].pack("m0")
  }.each do |how, form|
    it "finds it #{how}" do
      expect(hidden(["a\"b\\c\td"], "x#{form}x")).to match(/\Ax"?\*\*\*"?x\z/)
    end
  end

  it "masks the longest of what stands in one place" do
    expect(hidden(%w[secret secret-and-more], "secret-and-more secret")).to eq "*** ***"
  end

  it "masks a long value that was cut, from its sixteenth character on" do
    long = ("a".."z").to_a.join

    expect(hidden([long], "x #{long[0, 16]}… #{long[0, 25]}! #{long} #{long[0, 15]}")).to eq "x ***… ***! *** #{long[0, 15]}"
  end

  it "masks in bytes that are no text" do
    expect(hidden(["hunter2"], "\xFF hunter2".b)).to eq "\uFFFD ***"
  end

  it "leaves the auditor's own words alone" do
    expect(hidden(%w[failed 0123456789abcdef], { "status" => "failed", "sha256" => "0123456789abcdef", "message" => "failed" }))
      .to eq("status" => "failed", "sha256" => "0123456789abcdef", "message" => "***")
  end

  it "changes nothing where nothing is sensitive" do
    value = { "a" => "b" }

    expect(hidden([true, nil, "", "short"], value)).to equal(value)
  end
end
