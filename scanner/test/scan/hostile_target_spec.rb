# frozen_string_literal: true

require "pod"

RSpec.describe "a target that is hostile, or only strange" do
  let(:tree) { Tree.new.file("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n") }

  after { tree.remove }

  # Ruby code that makes a control of each `describe` line.
  def controls(lines)
    { "controls/a.rb" => lines.map { |id, code| "control '#{id}' do\n #{code}\nend\n" }.join }
  end

  def file_test(path, test)
    "describe file(#{path.dump}) do\n  #{test}\n end"
  end

  it "is asked about itself under /proc/self, /proc/1 and /etc/mtab, also through links" do
    tree.link("/etc/mtab", "../proc/self/mounts").link("/me", "/proc/self/status").link("/proc-link", "proc").link("/one", "/proc/1/comm").link("/thread", "/proc/thread-self/comm")
    result = Pod.new(tree).scan(controls(
      "self" => file_test("/proc/self/comm", 'its("content") { should eq "sleeper\n" }'), "one" => file_test("/proc/1/comm", 'its("content") { should eq "sleeper\n" }'),
      "link" => file_test("/me", 'its("content") { should match(/^Name:\s+sleeper$/) }'), "through" => file_test("/proc-link/../proc/self/../1/comm", 'its("content") { should eq "sleeper\n" }'),
      "link-to-one" => file_test("/one", 'its("content") { should eq "sleeper\n" }'), "thread" => file_test("/thread", 'its("content") { should eq "sleeper\n" }'),
      "mtab" => file_test("/etc/mtab", 'its("content") { should match(%r{^proc /proc proc }) }'), "root" => file_test("/proc/self/root/etc/os-release", "it { should exist }"),
      "text" => file_test("/proc/self", 'its("shallow_link_path") { should match(/^\d+$/) }')
    ))

    expect(result.statuses.reject { |_id, status| status == "passed" }.map { |id, _| result.messages(id) }).to eq []
  end

  it "cannot lead the scanner out of its root through links of /proc" do
    tree.link("/fd", "/proc/self/fd/0").link("/exe", "/proc/self/exe").link("/cwd", "/proc/self/cwd/etc/os-release")
    result = Pod.new(tree).scan(controls(
      "fd" => file_test("/fd", "it { should_not exist }"), "exe" => file_test("/exe", "it { should_not exist }"), "cwd" => file_test("/cwd", "it { should_not exist }"),
      "exe-link" => file_test("/proc/self/exe", "it { should be_symlink }"), "other" => 'describe(file("/proc/#{Process.ppid}/root/etc")) { it { should_not exist } }'
    ))

    expect(result.statuses).to include("fd" => "error", "exe" => "error", "cwd" => "error", "exe-link" => "passed")
    expect(result.statuses["other"]).to eq "error"
  end

  it "may have names and contents that are no UTF-8, and the report is still whole" do
    tree.file("/data/caf\xE9", "caf\xE9\n").file("/etc/debian_version", "12\xFF\n").file("/data/new\nline", "x")
    result = Pod.new(tree, hold: true).scan(controls(
      "content" => file_test("/data/caf\xE9", 'its("content") { should eq "x" }'), "name" => 'describe(command("ls /data")) { its("stdout") { should eq "x" } }',
      "bytes" => 'describe(command("cat /data/caf*").stdout.b) { it { should eq "caf\xE9\n".b } }', "described" => "describe \"caf\\xE9\" do\n it { should eq 'x' }\n end"
    ))

    expect(result.statuses).to eq("content" => "failed", "name" => "failed", "bytes" => "passed", "described" => "failed")
    expect(JSON.parse(result.report_bytes).dig("platform", "release")).to start_with("12")
  end

  it "may have huge and endless files: they are an error, not an end of the scan" do
    tree.sparse("/huge", 10 * 1024**3).device("/endless", 1, 5).fifo("/fifo").file("/lines", "x\n" * 1_000_000)
    result = Pod.new(tree).scan(controls(
      "huge" => file_test("/huge", "its('content') { should eq '' }"), "size" => file_test("/huge", "its('size') { should eq #{10 * 1024**3} }"),
      "endless" => file_test("/endless", "its('content') { should be_nil }"), "fifo" => file_test("/fifo", "its('content') { should be_nil }"),
      "lines" => "describe(file('/lines').content.lines.size) { it { should eq 1_000_000 } }"
    ))

    expect(result.statuses).to eq("huge" => "error", "size" => "passed", "endless" => "passed", "fifo" => "passed", "lines" => "passed")
  end

  it "is not obeyed where its own files name code or accounts" do
    tree.file("/etc/nsswitch.conf", "passwd: evil\n").file("/etc/ld.so.preload", "/evil.so\n").file("/evil.so", "x", mode: 0o755)
        .file("/etc/passwd", "root:x:0:0::/:/sleeper\n#{Array.new(100_000) { |n| "u#{n}:x:#{n + 1}:1::/:/x\n" }.join}root:x:7:7::/:/x\n").file("/owned", "", uid: 99_999)
    result = Pod.new(tree, hold: true).scan(controls(
      "owner" => file_test("/owned", 'its("owner") { should eq "u99998" }'), "first" => 'describe(user("root")) { its("uid") { should eq 0 } }',
      "count" => 'describe(passwd.users.size) { it { should eq 100_002 } }', "tool" => 'describe(command("id -u root")) { its("stdout") { should eq "0\n" }; its("stderr") { should eq "" } }'
    ))

    expect(result.statuses.reject { |_id, status| status == "passed" }.map { |id, _| result.messages(id) }).to eq []
  end
end
