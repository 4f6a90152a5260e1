# frozen_string_literal: true

require "sidescan/accounts"
require "sidescan/commands"
require "sidescan/coverage"
require "sidescan/root"
require "stringio"
require "tree"

RSpec.describe Sidescan::Commands do
  let(:tree) { Tree.new }
  let(:root) { Sidescan::Root.new(File.open(tree.path)) }
  let(:log) { StringIO.new }
  let(:commands) { described_class.new(root, Sidescan::Accounts.new(root), hold: nil, allow: [], coverage: Sidescan::CoverageLog.new(log)) }

  after { tree.remove }

  def run(command)
    result = commands.run(command)
    [result.stdout, result.exit_status]
  end

  it "raises for what it cannot answer, naming the program, and counts it" do
    ["find / -perm -4000", "A=1 /usr/sbin/nginx -V 2>&1", "id root; true", "test -f /a && cat /b"].each do |command|
      expect { commands.run(command) }.to raise_error(Sidescan::CommandRefused, /\((find|\/usr\/sbin\/nginx|id|test)\)/)
    end
    expect(log.string.lines.map { |line| JSON.parse(line) }).to all(include("kind" => "refused"))
  end

  it "answers not found to a probe of the platform detection, and counts nothing" do
    result = commands.probe("cmd.exe /c ver")

    expect([result.stdout, result.exit_status]).to eq ["", 127]
    expect(log.string).to eq ""
  end

  it "tests and prints files, and takes Debian's version from os-release where an image has no other" do
    tree.file("/etc/os-release", "NAME=x\nID=debian\nVERSION_ID=\"12\"\n").folder("/etc/dir")

    expect(run("test -f /etc/os-release && cat /etc/os-release")).to eq ["NAME=x\nID=debian\nVERSION_ID=\"12\"\n", 0]
    expect([run("test -f /etc/dir"), run("test -f /none")]).to eq [["", 1], ["", 1]]
    expect(run("test -f /etc/debian_version && cat /etc/debian_version")).to eq ["12\n", 0]
  end

  it "looks programs up without running them" do
    tree.file("/usr/bin/nc", "", mode: 0o755).file("/opt/tool", "", mode: 0o755).file("/usr/bin/text", "")

    expect(run("sh -c 'type \"nc\"'")).to eq ["/usr/bin/nc\n", 0]
    expect(run("which \"/opt/tool\"")).to eq ["/opt/tool\n", 0]
    expect([run("sh -c 'type \"text\"'")[1], run("sh -c 'type \"cd\"'")[1]]).to eq [127, 127]
    tree.file("/bin/sh", "", mode: 0o755)
    expect(run("sh -c 'type \"cd\"'")[1]).to eq 0
  end

  it "answers id and getent from the target's files, the first of two equal names first" do
    tree.file("/etc/passwd", "root:x:0:0::/:/x\napp:x:5:6:A:/h:/s\napp:x:7:7::/:/x\nbroken\n").file("/etc/group", "root:x:0:app\nstaff:x:6:\nmore:x:8:app,root\n")

    expect(run("id app")).to eq ["uid=5(app) gid=6(staff) groups=6(staff),0(root),8(more)\n", 0]
    expect(run("getent passwd app")).to eq ["app:x:5:6:A:/h:/s\n", 0]
    expect([run("id none")[1], run("getent group none")[1]]).to eq [1, 2]
  end

  it "answers chage by the rules of shadow(5)" do
    tree.file("/etc/passwd", "a:x:1:1::/:/x\nb:x:2:1::/:/x\nc:x:3:1::/:/x\nd:x:4:1::/:/x\n")
        .file("/etc/shadow", "a:x:19000:1:90:7:14:20000:\nb:*:0:0:99999:7:::\nc:*:19000:0:99999:7:::\n")

    expect(run("chage -l a").first.lines.map { |line| line.split(/\s*: /)[1].chomp })
      .to eq ["Jan 08, 2022", "Apr 08, 2022", "Apr 22, 2022", "Oct 04, 2024", "1", "90", "7"]
    expect(run("chage -l b").first).to match(/Last password change\s+: password must be changed\nPassword expires\s+: password must be changed/)
    expect(run("chage -l c").first).to match(/Password expires\s+: never\nPassword inactive\s+: never\nAccount expires\s+: never/)
    expect { commands.run("chage -l d") }.to raise_error(Sidescan::CommandRefused)
    expect(run("chage -l none")[1]).to eq 1
  end

  it "answers what a user may do by the permission bits of the file and of every folder on its way" do
    tree.file("/etc/passwd", "root:x:0:0::/:/x\na:x:5:5::/:/x\nb:x:6:6::/:/x\n").file("/etc/group", "g:x:7:b\n")
        .file("/open/file", "", mode: 0o640, uid: 5, gid: 7).folder("/shut", mode: 0o700).file("/shut/file", "", mode: 0o644).link("/way", "/open/file")
    may = ->(user, access, path) { run("su -s /bin/sh -c \"test -#{access} #{path}\" #{user}")[1].zero? }

    expect(%w[r w x].map { |access| may.call("a", access, "/open/file") }).to eq [true, true, false]
    expect(%w[r w].map { |access| may.call("b", access, "/way") }).to eq [true, false]
    expect(%w[r w x].map { |access| may.call("root", access, "/open/file") }).to eq [true, true, false]
    expect([may.call("a", "r", "/shut/file"), may.call("root", "r", "/shut/file"), may.call("a", "r", "/none"), may.call("none", "r", "/open/file")]).to eq [false, true, false, false]
  end

  it "counts failed logins from their log" do
    count = -> { run("lastb -w -a | grep app | wc -l").first }
    expect(count.call).to eq "0\n"

    record = ->(user, host) { [6, 1, "tty1", "", user, host].pack("l<l<a32a4a32a256").ljust(384, "\0") }
    tree.file("/var/log/btmp", record.call("app", "") + record.call("root", "") + record.call("other", "app.example"))
    expect(count.call).to eq "2\n"
  end

  it "answers crontab only where the image has cron" do
    tree.file("/etc/passwd", "root:x:0:0::/:/x\na:x:5:5::/:/x\n").folder("/var/spool/cron/crontabs")
    expect { commands.run("crontab -l") }.to raise_error(Sidescan::CommandRefused)

    tree.file("/usr/bin/crontab", "", mode: 0o755).file("/var/spool/cron/crontabs/a", "# DO NOT EDIT THIS FILE - x\n# (y)\n# (z)\n1 2 * * * do\n")
    expect(run("crontab -l -u a")).to eq ["1 2 * * * do\n", 0]
    expect(run("crontab -l")).to eq ["", 1]
  end

  it "answers for packages from the status file and from distroless fragments" do
    tree.file("/var/lib/dpkg/status.d/base", "Package: base-files\nVersion: 12.4\nArchitecture: amd64\n").file("/var/lib/dpkg/status.d/base.md5sums", "x")
    expect(run("dpkg -s base-files").first).to include("Status: install ok installed\n", "Version: 12.4")
    expect(run("dpkg -s base-files:arm64")[1]).to eq 1

    tree.file("/var/lib/dpkg/status", "Package: a\nStatus: deinstall ok config-files\nVersion: 1\n\nPackage: ab\nStatus: install ok installed\nVersion: 2\n")
    fresh = described_class.new(root, nil, hold: nil, allow: [], coverage: Sidescan::CoverageLog.new(log))
    expect(fresh.run("dpkg -s a").stdout).to include("deinstall ok config-files")
    expect(fresh.run("dpkg -s none").exit_status).to eq 1
  end

  it "raises for dpkg where the image has no database of it" do
    tree.file("/lib/apk/db/installed", "P:musl\nV:1\n")
    expect { commands.run("dpkg -s none") }.to raise_error(Sidescan::CommandRefused)
  end

  it "answers dpkg-query for an image that has fragments only, and raises for what it cannot" do
    tree.file("/var/lib/dpkg/status.d/base", "Package: base-files\nVersion: 12.4\nArchitecture: amd64\n")
        .file("/var/lib/dpkg/status.d/libc6", "Package: libc6\nVersion: 2.36\nArchitecture: amd64\nMulti-Arch: same\n")

    expect(run("dpkg-query -W -f='${db:Status-Abbrev}  ${Package}  ${Version}  ${Architecture}\\n'").first).to eq "ii   base-files  12.4  amd64\nii   libc6  2.36  amd64\n"
    expect(run("dpkg-query -W libc6")).to eq ["libc6:amd64\t2.36\n", 0]
    expect(run("dpkg-query -W none")).to eq ["", 1]
    ["dpkg -l", "dpkg-query -l | grep x", "dpkg -L base-files"].each { |command| expect { commands.run(command) }.to raise_error(Sidescan::CommandRefused) }
  end

  it "answers apk's questions from its database" do
    tree.file("/lib/apk/db/installed", "P:musl\nV:1.2.5-r0\nA:x86_64\nT:the libc\nL:MIT\no:musl\n\nP:busybox\nV:1.37.0-r30\nA:x86_64\nT:tools with musl\nL:GPL-2.0-only\n")

    expect(run("apk info -vv --no-network | grep musl")).to eq ["busybox-1.37.0-r30 - tools with musl\nmusl-1.2.5-r0 - the libc\n", 0]
    expect(run("apk info -vv --no-network | grep none")).to eq ["", 1]
    expect(run("apk list --no-network --installed").first).to include("musl-1.2.5-r0 x86_64 {musl} (MIT) [installed]\n")
  end
end
