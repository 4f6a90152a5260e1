# frozen_string_literal: true

require "pod"
require "base64"
require "date"

RSpec.describe "inputs and waivers of a scan" do
  let(:tree) { Tree.new.file("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n") }
  let(:pod) { Pod.new(tree) }

  after { tree.remove }

  def given(inputs: {}, sensitive: nil, waivers: {})
    files = { "inputs.json" => JSON.generate(inputs), "waivers.json" => JSON.generate(waivers) }
    sensitive ? files.merge("sensitive.json" => JSON.generate(sensitive), "nonce" => "0" * 32) : files
  end

  def control(id, body)
    "control '#{id}' do\n title 'T #{id}'\n impact 0.7\n #{body}\nend\n"
  end

  def report(result)
    JSON.parse(result.report_bytes)
  end

  # Where the control stands in a wrapper and in the profile that it wraps, the latter has it.
  def waiver_of(result, id)
    report(result)["profiles"].flat_map { |profile| profile["controls"] }.select { |one| one["id"] == id }.last["waiver_data"]
  end

  it "hands every kind of JSON value to the profile as Ruby knows it" do
    values = { "text" => "2027-01-01", "colon" => "a: b", "yes" => "yes", "number" => 17, "fraction" => 1.5, "large" => 12_345_678_901, "flag" => false,
               "list" => ["x", 1, nil], "map" => { "a" => { "b" => 1 } }, "wide" => "grün 🙂 \u2028 \u0085", "nothing" => nil }
    profile = { "controls/a.rb" => control("c", "describe(JSON.generate(%w[#{values.keys.join(' ')}].to_h { |n| [n, input(n)] })) { it { should eq #{JSON.generate(values).dump} } }") }
    result = pod.scan(profile, given: given(inputs: values))

    expect(result.statuses).to eq("c" => "passed")
    expect(result.receipt["inputs"]).to eq("digest" => Sidescan::Given.digest(given(inputs: values)), "inputs" => 11, "sensitive" => 0, "waivers" => 0)
  end

  it "overrides what inspec.yml and the controls say, and refuses what is not of the declared type" do
    profile = { "inspec.yml" => "name: sample\nversion: 1.0.0\ninputs:\n- {name: size, type: Numeric, value: 1}\n",
                "controls/a.rb" => control("c", "describe(input('size')) { it { should eq 7 } }\ndescribe(input('more', value: 'default')) { it { should eq 'given' } }") }
    right = pod.scan(profile, given: given(inputs: { size: 7, more: "given" }))
    wrong = pod.scan(profile, given: given(inputs: { size: "seven" }))

    expect(right.statuses).to eq("c" => "passed")
    expect(wrong.error).to include("code" => "INPUTS_REFUSED", "message" => /Input 'size' with value 'seven' does not validate to type 'Numeric'/)
  end

  it "says that a required input is missing" do
    declared = "name: sample\nversion: 1.0.0\ninputs:\n- {name: size, type: Numeric, required: true}\n"
    at_load = pod.scan({ "inspec.yml" => declared, "controls/a.rb" => "size = input('size')\n#{control('c', 'describe(size) { it { should eq 7 } }')}" })

    expect(at_load.error).to include("code" => "INPUTS_REFUSED", "message" => /Input 'size' is required and does not have a value/)
  end

  describe "waivers" do
    let(:profile) { { "controls/a.rb" => %w[a b c d e].map { |id| control(id, "describe(1) { it { should eq 2 } }") }.join } }
    let(:waivers) do
      { a: { justification: "known", run: false }, b: { justification: "known", run: true }, c: { justification: "was", expiration_date: "2020-01-31", run: false },
        d: { justification: "for now", expiration_date: (Date.today + 30).iso8601, run: false } }
    end

    it "skips, runs all the same, has expired or holds until its day, as the auditor's own waiver file says" do
      result = pod.scan(profile, given: given(waivers: waivers))

      expect(result.statuses).to eq("a" => "skipped", "b" => "failed", "c" => "failed", "d" => "skipped", "e" => "failed")
      expect(waiver_of(result, "a")).to include("skipped_due_to_waiver" => true, "justification" => "known")
      expect(waiver_of(result, "b")).to include("skipped_due_to_waiver" => false, "run" => true)
      expect(waiver_of(result, "c")).to include("skipped_due_to_waiver" => false, "message" => /\AWaiver expired on 2020-01-31/)
      expect(waiver_of(result, "d")).to include("skipped_due_to_waiver" => true)
      expect(waiver_of(result, "e")).to eq({})
      expect(result.receipt["inputs"]).to include("waivers" => 4)
    end

    it "does not evaluate a control that is waived and not run" do
      body = "$ran = true\ndescribe(1) { it { should eq 2 } }"
      result = pod.scan({ "controls/a.rb" => control("a", body) + control("z", "describe($ran.inspect) { it { should eq 'nil' } }") },
                        given: given(waivers: { a: { justification: "costly", run: false } }))

      expect(result.statuses).to eq("a" => "skipped", "z" => "passed")
    end

    it "are no inputs: an input that is named like a control and looks like a waiver waives nothing" do
      result = pod.scan(profile, given: given(inputs: { a: { run: false, justification: "hidden" } }))

      expect(result.statuses["a"]).to eq "failed"
      expect(waiver_of(result, "a")).to eq({})
    end
  end

  describe "sensitive inputs" do
    let(:secret) { "s3cr3t \"quoted\" 'väl\\ue'" }
    let(:key) { "-----BEGIN KEY-----\nMIIEpAIBAAKCAQEA\nqwertyuiop\n-----END KEY-----\n" }
    let(:values) { { "password" => secret, "pin" => 48_151_623, "key" => key, "long" => "x1y2" * 100, "nested" => { "list" => ["deep-secret"] } } }

    # All that leaves the pod, in the clear.
    def told(result)
      [result.header ? result.report_bytes.force_encoding("UTF-8") : "", result.stdout, result.stderr, result.termination].join("\n")
    end

    def hidden(text)
      [text, text.inspect[1..-2], JSON.generate(text)[1..-2], Base64.strict_encode64(text)]
    end

    it "reach the profile, and are in nothing that leaves the pod: not in the report, not in the log, not in the receipt" do
      profile = { "inspec.yml" => "name: sample\nversion: 1.0.0\ninputs:\n- {name: password, type: String}\n", "controls/a.rb" => <<~RUBY }
        warn input('password')
        control 'right' do
          describe(input('password').length + input('nested')['list'].first.length) { it { should eq #{secret.length + 11} } }
        end
        control 'wrong' do
          %w[password pin key long nested].each { |name| describe(input(name)) { it { should eq 'other' } } }
          describe(input('key').lines) { it { should include 'other' } }
          describe(command("nosuchprogram \#{input('nested')['list'].first} \#{Shellwords.escape(input('password'))}")) { its('stdout') { should eq '' } }
          describe([input('password')].pack('m0')) { it { should eq '' } }
        end
        control "id-\#{input('nested')['list'].first}" do
          describe(1) { it { should eq 2 } }
        end
        RUBY
      result = pod.scan(profile, given: given(sensitive: values))

      expect(result.statuses).to include("right" => "passed", "wrong" => "error", "id-***" => "failed")
      [secret, key, "MIIEpAIBAAKCAQEA", "48151623", "x1y2" * 3, "deep-secret"].flat_map { |text| hidden(text) }.each do |text|
        expect(told(result)).not_to include(text)
      end
      expect(result.messages("wrong").join).to include("***")
      inputs = report(result)["profiles"].first["attributes"].to_h { |input| [input["name"], input["options"]["value"]] }
      expect(inputs).to eq(values.transform_values { "***" })
      expect(result.receipt["inputs"]).to include("inputs" => 0, "sensitive" => 5)
    end

    {
      "does not load" => "raise input('password')\n",
      "has a syntax error made of one" => "eval(\"def \#{input('password')}\")\n",
      "ends the run" => "$stderr.puts(input('password') * 2000); exit! 3\n",
      "ends the run with one long line" => "$stderr.print('x' * 20_000 + input('password') + 'y' * (16_384 - 10)); exit! 3\n"
    }.each do |what, code|
      it "are not in the failure of a profile that #{what}" do
        result = pod.scan({ "controls/a.rb" => code + control("c", "describe(1) { it { should eq 1 } }") }, given: given(sensitive: values))

        expect(result.receipt["ok"]).to be false
        [*hidden(secret), "quoted", "väl"].each { |text| expect(told(result)).not_to include(text) }
      end
    end

    it "are not in the refusal of a value of the wrong type" do
      profile = { "inspec.yml" => "name: sample\nversion: 1.0.0\ninputs:\n- {name: password, type: Numeric}\n", "controls/a.rb" => control("c", "") }
      result = pod.scan(profile, given: given(sensitive: { "password" => "hunter2-hunter2" }))

      expect(result.error).to include("code" => "INPUTS_REFUSED", "message" => /Input 'password' with value '\*\*\*'/)
      expect(told(result)).not_to include("hunter2")
    end

    it "leave the statuses alone where one is a word of the auditor" do
      profile = { "controls/a.rb" => control("c", "describe(input('word')) { it { should eq 'x' } }") }
      result = pod.scan(profile, given: given(sensitive: { "word" => "failed" }))

      expect(result.statuses).to eq("c" => "failed")
    end
  end

  describe "that are not those that were asked for" do
    let(:profile) { { "controls/a.rb" => control("a", "describe(1) { it { should eq 1 } }") } }
    let(:files) { given(inputs: { x: 1 }, waivers: { a: { justification: "known", run: false } }) }
    let(:digest) { ["--inputs-digest", Sidescan::Given.digest(files)] }

    it "end the scan without a result" do
      { "there are no inputs" => {}, "their digest is" => files.except("waivers.json"), "not those" => files.merge("inputs.json" => "{}") }.each do |words, there|
        result = pod.scan(profile, given: there, arguments: digest)
        expect(result.status).to eq 1
        expect(result.error).to include("code" => "INPUTS_NOT_DELIVERED", "message" => /#{words}/)
        expect(result.header).to be_nil
      end
    end

    it "end the scan where they are no JSON, without saying what they are" do
      result = pod.scan(profile, given: { "sensitive.json" => "{\"password\": s3cr3t", "waivers.json" => "{}" })

      expect(result.error).to eq("code" => "INPUTS_NOT_DELIVERED", "message" => "sensitive.json is not a JSON object")
      expect(result.stderr).not_to include("s3cr3t")
    end

    it "are not looked at where nothing was asked for" do
      result = Pod.new(tree).scan(profile)

      expect(result.statuses).to eq("a" => "passed")
      expect(result.receipt["inputs"]).to be_nil
    end
  end

  # A wrapper with its dependency as `inspec vendor` leaves it; `inputs`: what the wrapper's inspec.yml says of inputs.
  def wrapper(folder, inputs = "")
    child = { "inspec.yml" => "name: child\nversion: 1.0.0\ninputs:\n- {name: size, type: Numeric, value: 1}\n",
              "controls/c.rb" => control("c", "describe(input('size')) { it { should eq 7 } }") + control("waived", "describe(1) { it { should eq 2 } }") }
    archive = Dir.mktmpdir { |elsewhere| File.binread(TestProfile.pack(elsewhere, child, name: "child")) }
    sha256 = Digest::SHA256.hexdigest(archive)
    TestProfile.pack(folder, { "inspec.yml" => "name: wrapper\nversion: 1.0.0\ndepends:\n- {name: child, url: https://profiles.example/child.tar.gz}\n#{inputs}",
                               "inspec.lock" => "lockfile_version: 1\ndepends:\n- name: child\n  resolved_source:\n    url: https://profiles.example/child.tar.gz\n    sha256: #{sha256}\n  version_constraints: []\n",
                               "controls/w.rb" => "include_controls 'child'\n#{control('w', "describe(input('size', value: 0)) { it { should eq 7 } }")}",
                               "vendor/#{sha256}.tar.gz" => archive }, name: "wrapper")
  end

  it "reach a profile and the one that it wraps, as the auditor resolves them" do
    result = pod.scan(->(folder) { wrapper(folder) }, given: given(inputs: { size: 7 }, waivers: { waived: { justification: "known", run: false } }))
    profiles = report(result)["profiles"]

    expect(profiles.map { |profile| [profile["name"], profile["parent_profile"]] }).to eq [["wrapper", nil], %w[child wrapper]]
    expect(result.statuses).to include("w" => "passed", "c" => "passed", "waived" => "skipped")
    expect(waiver_of(result, "waived")).to include("skipped_due_to_waiver" => true)
  end

  it "win over what a wrapper's inspec.yml sets in the profile that it wraps only there where the wrapper gives no priority of its own" do
    plain = pod.scan(->(folder) { wrapper(folder, "inputs:\n- {name: size, value: 3, profile: child}\n") }, given: given(inputs: { size: 7 }))
    above = pod.scan(->(folder) { wrapper(folder, "inputs:\n- {name: size, value: 3, profile: child, priority: 45}\n") }, given: given(inputs: { size: 7 }))

    expect(plain.statuses).to include("w" => "passed", "c" => "passed")
    expect(above.statuses).to include("w" => "passed", "c" => "failed")
  end
end
