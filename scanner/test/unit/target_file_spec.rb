# frozen_string_literal: true

require "digest"
require "train"
require "sidescan/accounts"
require "sidescan/root"
require "sidescan/target_file"
require "tree"

RSpec.describe Sidescan::TargetFile do
  let(:tree) { Tree.new.file("/etc/passwd", "root:x:0:0::/:/bin/sh\napp:x:1234:99::/:/bin/sh\n").file("/etc/group", "root:x:0:\nstaff:x:99:\n") }
  let(:root) { Sidescan::Root.new(File.open(tree.path)) }
  let(:backend) { Struct.new(:root, :accounts).new(root, Sidescan::Accounts.new(root)) }
  let(:local) { Train.create("local").connection }

  after { tree.remove }

  def file(path, follow = true)
    described_class.new(backend, path, follow)
  end

  # The answers of the auditor's own transport on the same tree, seen from outside.
  def local_file(path, follow = true)
    Train::File::Local::Unix.new(local, "#{tree.path}#{path}", follow)
  end

  before do
    tree.file("/f", "content\n", mode: 0o4751, uid: 1234, gid: 99).folder("/d", mode: 0o1777).fifo("/p").device("/c", 1, 3).link("/l", "f").link("/ld", "d")
  end

  it "answers as the auditor's local transport, for every kind of file" do
    questions = %i[exist? type file? directory? symlink? pipe? socket? block_device? character_device? mode uid gid size mtime selinux_label basename content md5sum sha256sum]

    %w[/f /d /p /c /l /ld].product(questions).each do |path, question|
      next if %w[/p /c].include?(path) && %i[content md5sum sha256sum].include?(question) # the local transport waits for ever there
      next if %w[/d /ld].include?(path) && %i[md5sum sha256sum].include?(question) # asks commands of the platform

      expect([path, question, file(path).public_send(question)]).to eq [path, question, local_file(path).public_send(question)]
    end
  end

  it "answers as the local transport for the link itself" do
    %i[mode uid gid].each { |question| expect([question, file("/l", false).public_send(question)]).to eq [question, local_file("/l", false).public_send(question)] }
  end

  it "tells the SELinux label that a file has, as the local transport, and none where there is none" do
    tree.label("/f", "system_u:object_r:bin_t:s0")

    [["/f", true], ["/l", true], ["/l", false], ["/d", true]].each do |path, follow|
      expect([path, file(path, follow).selinux_label]).to eq [path, local_file(path, follow).selinux_label]
    end
    expect([file("/l").selinux_label, file("/d").selinux_label, file("/none").selinux_label]).to eq ["system_u:object_r:bin_t:s0", nil, nil]
  end

  it "takes absent files as the local transport does: facts are nil, size and type raise" do
    %i[mode uid gid owner group mtime content link_path].each { |question| expect([question, file("/none").public_send(question)]).to eq [question, nil] }
    expect(%i[exist? file? directory? symlink?].map { |question| file("/none").public_send(question) }).to eq [false] * 4
    expect { file("/none").size }.to raise_error(Errno::ENOENT)
    expect { file("/none").type }.to raise_error(Errno::ENOENT)
  end

  it "names owner and group by the target's accounts, never the scanner's" do
    expect([file("/f").owner, file("/f").group]).to eq %w[app staff]
    tree.file("/g", "", uid: 65_534, gid: 65_534)
    expect([file("/g").owner, file("/g").group]).to eq [nil, nil]
  end

  it "tells where a symlink leads" do
    tree.link("/abs", "/ld/../f").link("/broken", "/no").link("/around", "/around")

    expect([file("/l").link_path, file("/abs").link_path, file("/l").shallow_link_path]).to eq ["/f", "/f", "f"]
    expect([file("/broken").link_path, file("/around").link_path, file("/broken").exist?, file("/broken").symlink?]).to eq ["", "", false, true]
    expect(file("/l").linked_to?("/f")).to be true
    expect(file("/l").path).to eq "/f"
  end

  it "checks sums of files larger than what content takes, in small parts" do
    tree.sparse("/big", 80 * 1024 * 1024)

    expect(file("/big").sha256sum).to eq Digest::SHA256.file("#{tree.path}/big").hexdigest
    expect { file("/big").content }.to raise_error(Sidescan::Unreadable)
    expect(file("/none").sha256sum).to be_nil
  end

  it "is never written to" do
    expect { file("/f").content = "x" }.to raise_error(Train::UserError)
    expect(File.read("#{tree.path}/f")).to eq "content\n"
  end

  it "masks modes by owner and access" do
    expect(file("/f").unix_mode_mask("owner", "x")).to eq 0o100
    expect(file("/f").unix_mode_mask("all", "w")).to eq 0o222
    expect(file("/f").unix_mode_mask("nobody", "w")).to be_nil
  end
end
