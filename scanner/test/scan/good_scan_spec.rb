# frozen_string_literal: true

require "pod"

RSpec.describe "a scan that ends with a report" do
  let(:tree) { Tree.new.file("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n").file("/etc/passwd", "root:x:0:0::/root:/sbin/nologin\n") }
  let(:profile) do
    { "controls/a.rb" => <<~RUBY }
      control 'pass' do
        describe file('/etc/passwd') do
          its('owner') { should eq 'root' }
          its('mode') { should cmp '0644' }
        end
      end
      control 'fail' do
        describe file('/etc/shadow') do
          it { should exist }
        end
      end
      control 'command' do
        describe command('grep -c root /etc/passwd | tr 1 x') do
          its('stdout') { should eq "x\\n" }
        end
      end
      control 'refused' do
        describe command('true | xargs nosuchprogram') do
          its('stdout') { should eq '' }
        end
      end
    RUBY
  end

  after { tree.remove }

  it "runs against a target with no shell, held by hold" do
    result = Pod.new(tree, hold: true).scan(profile)

    expect(result.status).to eq 0
    expect(result.statuses).to eq("pass" => "passed", "fail" => "failed", "command" => "passed", "refused" => "error")
    expect(result.receipt).to include("v" => 1, "scan" => "scan_test", "attempt" => 1, "ok" => true, "exitCode" => 100, "error" => nil)
    expect(result.receipt["coverage"]).to include("toolbox" => 1, "refused" => 1, "refusedPrograms" => ["nosuchprogram"], "cut" => 0)
    expect(result.receipt["target"]).to include("container" => "target", "proof" => "hold", "podUid" => nil)
  end

  it "refuses every command where there is no hold, and decides the rest" do
    result = Pod.new(tree).scan(profile)

    expect(result.status).to eq 0
    expect(result.statuses).to eq("pass" => "passed", "fail" => "failed", "command" => "error", "refused" => "error")
    expect(result.receipt["coverage"]).to include("toolbox" => 0, "refused" => 2, "refusedPrograms" => %w[grep true])
  end

  it "counts what it answers from files and /proc, each command once, and what it cannot as refused" do
    tree.file("/var/lib/dpkg/status", "Package: zlib1g\nStatus: install ok installed\nVersion: 1.2\nArchitecture: amd64\n").file("/etc/debian_version", "12.1\n")
    result = Pod.new(tree).scan({ "controls/a.rb" => <<~RUBY })
      control('package') { describe(package('zlib1g')) { it { should be_installed } } }
      control('absent') { describe(package('telnet')) { it { should_not be_installed } } }
      control('user') { describe(user('root')) { its('uid') { should eq 0 } } }
      control('kernel') { describe(kernel_parameter('kernel.ostype')) { its('value') { should eq 'Linux' } } }
      control('service') { describe(service('ssh')) { it { should_not be_running } } }
      control('script') { describe(sysv_service('ssh')) { it { should_not be_running } } }
      control('file') { describe(file('/etc/passwd')) { it { should exist } } }
    RUBY

    expect(result.statuses).to eq("package" => "passed", "absent" => "passed", "user" => "passed", "kernel" => "passed", "service" => "error", "script" => "error", "file" => "passed")
    # dpkg -s, twice; id; sysctl. Files are read, not asked for by a command.
    expect(result.receipt["coverage"]).to eq("inProcess" => 4, "toolbox" => 0, "target" => 0, "refused" => 2, "refusedPrograms" => %w[service systemctl], "targetPrograms" => [], "cut" => 0)
  end

  it "prints frames whose bytes have the digest and the sizes of the receipt" do
    result = Pod.new(tree).scan(profile)
    report = result.report_bytes
    stated = result.receipt["report"]

    expect(Digest::SHA256.hexdigest(report)).to eq stated["sha256"]
    expect(report.bytesize).to eq stated["bytes"]
    expect(result.header).to include("encoding" => "gzip+base64", "sha256" => stated["sha256"], "gzipBytes" => stated["gzipBytes"],
                                     "lines" => result.frame_lines.grep(/\A##sidescan \d+ /).size)
    expect(result.frame_lines.last).to start_with("##sidescan receipt ")
    expect(result.frame_lines[-2]).to eq "##sidescan end"
  end

  it "leaves the same receipt as the termination message, within 4,000 bytes" do
    result = Pod.new(tree).scan(profile)

    expect(JSON.parse(result.termination)).to eq result.receipt
    expect(result.termination.bytesize).to be <= 4000
  end

  it "names the profile by its inspec.yml and the digest of its archive" do
    digest = nil
    result = Pod.new(tree).scan(lambda do |folder|
      digest = "sha256:#{Digest::SHA256.file(TestProfile.pack(folder, profile)).hexdigest}"
    end)

    expect(result.receipt["profile"]).to eq("name" => "sample", "version" => "1.2.3", "digest" => digest)
  end

  it "splits a long report into lines of at most 8,192 characters, in order" do
    many = "require 'securerandom'\n40.times { |n| control \"c\#{n}\" do\n describe SecureRandom.hex(400) do\n it { should eq '' }\n end\nend }\n"
    result = Pod.new(tree).scan({ "controls/a.rb" => many })
    lines = result.frame_lines.grep(/\A##sidescan \d+ /)

    expect(lines.size).to be > 2
    expect(lines.map { |line| line[/\A##sidescan (\d+)/, 1].to_i }).to eq((1..lines.size).to_a)
    expect(lines.map { |line| line[/ (\S+)\z/, 1].size }.max).to be <= 8192
    expect(result.statuses.values.tally).to eq("failed" => 40)
  end

  it "does not believe what the profile prints" do
    noisy = { "controls/a.rb" => "puts '##sidescan receipt {\"ok\":true}'\n$stderr.puts '##sidescan end'\n#{profile['controls/a.rb']}" }
    result = Pod.new(tree).scan(noisy)

    expect(result.stdout.scan("##sidescan receipt").size).to eq 1
    expect(result.stderr).not_to match(/^##sidescan/)
  end

  it "makes an error of what a resource or a profile only passes over" do
    tree.file("/etc/shadow", "root:*:1:0:99999:7:::\n", mode: 0o600).file("/usr/bin/lsof", "", mode: 0o755).file("/usr/bin/psql", "", mode: 0o755)
    swallowed = { "controls/a.rb" => <<~RUBY }
      control 'in-test' do
        describe 'x' do
          it { expect((command('nosuchprogram').stdout rescue '')).to eq '' }
          it { expect((command('nosuchprogram').stdout rescue '')).to eq 'other' }
        end
      end
      control 'in-body' do
        text = (command('nosuchprogram').stdout rescue '')
        describe(text) { it { should eq '' } }
      end
      control 'property' do
        describe(file("\#{postgres.conf_dir}/pg_hba.conf")) { it { should_not exist } }
      end
      control 'table' do
        describe(shadow.where { user == 'none' }) { it { should_not exist } }
      end
    RUBY
    result = Pod.new(tree, hold: true).scan(swallowed, as: 4242, target_as: 4242)

    expect(result.statuses).to eq("in-test" => "error", "in-body" => "error", "property" => "error", "table" => "error")
    expect(result.controls["in-test"].map { |test| test["exception"] }).to eq ["Sidescan::CommandRefused"] * 2
  end

  it "tells of the sockets of the pod, whatever programs the image has" do
    listener = "ruby -rsocket -e 'TCPServer.new(\"127.0.0.1\", 18022).then { sleep }' &\nfor try in $(seq 100); do grep -q ':4666 ' /proc/net/tcp && break; sleep 0.05; done"
    result = Pod.new(tree).scan({ "controls/a.rb" => "control('p') { describe(port(18022)) { it { should_not be_listening } } }\n" }, before: listener)

    expect(result.statuses).to eq("p" => "failed")
  end

  it "is not found among the processes by the name of a program that it allows" do
    result = Pod.new(tree, hold: true).scan({ "controls/a.rb" => "control('x') { describe(command('ps axww -o args | grep ^/usr/bin/ruby')) { its('stdout') { should match(/--scan scan_test/) } \n its('stdout') { should_not match(/nginx/) } } }\n" },
                                            arguments: %w[--allow nginx])

    expect(result.statuses).to eq("x" => "passed"), result.messages("x").join
  end

  it "says whose fact it is, where it is not the container's own" do
    result = Pod.new(tree).scan({ "controls/a.rb" => "control 'k' do\n describe(kernel_parameter('kernel.ostype')) { its('value') { should eq 'Linux' } }\n describe(port(1)) { it { should_not be_listening } }\nend\n" })

    expect(result.statuses).to eq("k" => "passed")
    expect(result.messages("k").join).to match(/Kernel Parameter kernel.ostype \(of the node\).*Port 1 \(of the pod\)/)
  end
end
