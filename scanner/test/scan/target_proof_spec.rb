# frozen_string_literal: true

require "pod"

RSpec.describe "the proof of the target" do
  let(:tree) { Tree.new.file("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n").file("/marker", "the target's\n") }
  let(:profile) { { "controls/a.rb" => "control 'marker' do\n describe file('/marker') do\n  its('content') { should eq \"the target's\\n\" }\n end\nend\n" } }
  let(:slow) { { "controls/a.rb" => "sleep 3\n#{profile['controls/a.rb']}" } }
  # Once the scanner has the target's root open, and the auditor is at work.
  let(:while_scanning) { 'until ls -l /proc/$SCANNER/fd 2>/dev/null | grep -q " $ROOT\$"; do sleep 0.1; done; sleep 1; ' }

  after { tree.remove }

  it "names the process, its root, and how it was found" do
    target = Pod.new(tree).scan(profile).receipt["target"]

    expect(target).to include("container" => "target", "proof" => "process", "podUid" => nil)
    expect(target["pid"]).to be > 1
    expect(target.values_at("rootDevice", "rootInode")).to eq [File.stat(tree.path).dev, File.stat(tree.path).ino]
  end

  it "takes the oldest process of the container, not one that was started later" do
    later = "sleep 0.5; echo $TARGET >&2; nsenter --target $TARGET --mount --root /sleeper 20 & sleep 0.5"
    result = Pod.new(tree).scan(profile, before: later)

    expect(result.receipt.dig("target", "pid").to_s).to eq result.stderr.lines.first.chomp
  end

  it "is refused where two mount namespaces could be the target's" do
    result = Pod.new(tree).scan(profile, before: "unshare --mount sleep 20 & sleep 0.5")

    expect(result.error).to eq("code" => "TARGET_NOT_PROVEN", "message" => "2 mount namespaces could be the target's")
  end

  it "waits where a container is still being built and has the node's root" do
    pod = Pod.new(tree)
    late = pod.scan(profile, delay: 1.5)

    expect(late.statuses).to eq("marker" => "passed")
    expect(late.receipt.dig("target", "rootInode")).to eq File.stat(tree.path).ino
  end

  it "is TARGET_EXITED where the target ends while the auditor runs" do
    [true, false].each do |hold|
      result = Pod.new(tree, hold: hold).scan(slow, meanwhile: "#{while_scanning}kill -KILL $TARGET")

      expect([result.status, result.error["code"]]).to eq [1, "TARGET_EXITED"]
    end
  end

  it "is TARGET_EXITED where hold lives but no longer answers" do
    result = Pod.new(tree, hold: true).scan(slow, meanwhile: "#{while_scanning}kill -STOP $TARGET")

    expect(result.error["code"]).to eq "TARGET_EXITED"
    expect(result.error["message"]).to match(/did not answer in time/)
  end

  it "is TARGET_UNREADABLE where the scanner's uid may not open the target's root" do
    result = Pod.new(tree).scan(profile, as: 4242)

    expect(result.error["code"]).to eq "TARGET_UNREADABLE"
  end

  it "works with no capability at all where scanner and target have the same uid" do
    result = Pod.new(tree, hold: true).scan(profile, as: 4242, target_as: 4242)

    expect(result.statuses).to eq("marker" => "passed")
  end
end
