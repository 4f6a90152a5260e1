# frozen_string_literal: true

require "sidescan/file_tree"
require "sidescan/root"
require "tree"

RSpec.describe Sidescan::FileTree do
  before { @tree = Tree.new }
  after { system("rm", "-rf", @tree.path, exception: true) } # goes deeper than FileUtils

  # Path below the root → File::Stat.
  def list(from = "/", limit: 1000, openat2: true, same_device: true)
    root = Sidescan::Root.new(File.open(@tree.path), openat2: openat2)
    {}.tap { |found| described_class.new(root).each(from, same_device: same_device, limit: limit) { |path, stat| found[path] = stat } }
  end

  # Made in a process of its own, which goes down step by step: no path reaches the last of them.
  def deepen(levels)
    pid = fork do
      Dir.chdir(@tree.path)
      levels.times { Dir.mkdir("d" * 250) && Dir.chdir("d" * 250) }
      exit!(0)
    end
    expect(Process.wait2(pid).last).to be_success
  end

  [true, false].each do |openat2|
    context openat2 ? "with openat2" : "step by step" do
      it "lists everything once, links of every kind as links" do
        @tree.file("a/b/c", "x", mode: 0o4755, uid: 7, gid: 8).link("a/out", "/etc").link("a/loop", "loop").link("a/up", "..").fifo("pipe")
        found = list(openat2: openat2)
        expect(found.keys).to eq(%w[/ /a /a/b /a/b/c /a/loop /a/out /a/up /pipe])
        expect(found["/a/b/c"]).to have_attributes(mode: 0o104755, uid: 7, gid: 8, size: 1)
        expect(%w[/a/out /a/loop /a/up].map { |path| found[path].ftype }.uniq).to eq(["link"])
      end
    end
  end

  it "gives names as the bytes that they are" do
    @tree.file("bad\xFF\nname".b)
    expect(list.keys).to include("/bad\xFF\nname".b)
  end

  it "stays on the root's own file system unless told otherwise" do
    @tree.folder("mounted")
    system("mount", "-t", "tmpfs", "tmpfs", "#{@tree.path}/mounted", exception: true)
    File.write("#{@tree.path}/mounted/inside", "")
    expect(list.keys).to eq(["/"])
    expect(list(same_device: false).keys).to eq(%w[/ /mounted /mounted/inside])
  ensure
    system("umount", "#{@tree.path}/mounted")
  end

  it "raises above the limit" do
    @tree.file("a").file("b")
    expect(list(limit: 3).size).to eq(3)
    expect { list(limit: 2) }.to raise_error(Sidescan::Unreadable, /more than 2 files/)
  end

  it "raises where nothing is, and for what lies too deep to be opened" do
    expect { list("/none") }.to raise_error(Sidescan::Unreadable, /does not exist/)
    deepen(20) # folders of 250 letters: longer than PATH_MAX
    expect { list }.to raise_error(Sidescan::Unreadable, /too deep/)
  end

  it "raises for a folder that may not be read, instead of leaving it out" do
    @tree.folder("closed", mode: 0o700).file("closed/inside")
    pid = fork do
      Process::Sys.setresuid(65_534, 65_534, 65_534)
      list
      exit!(0)
    rescue Sidescan::Unreadable
      exit!(3)
    end
    expect(Process.wait2(pid).last.exitstatus).to eq(3)
  end
end
