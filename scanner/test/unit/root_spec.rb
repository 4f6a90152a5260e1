# frozen_string_literal: true

require "as_user"
require "sidescan/root"
require "tree"

# Every example runs with openat2 and with the walk that replaces it: both must give the same answers.
{ "with openat2" => true, "with the component walk" => false }.each do |name, openat2|
  RSpec.describe Sidescan::Root, name do
    include AsUser

    let(:tree) { Tree.new }
    let(:directory) { File.open(tree.path) }
    let(:root) { described_class.new(directory, openat2: openat2) }

    after { tree.remove }

    it "reads files and tells what they are" do
      tree.file("/etc/passwd", "root:x:0:0\n", mode: 0o640, uid: 12, gid: 34)

      stat = root.stat("/etc/passwd")
      expect([stat.mode & 0o7777, stat.uid, stat.gid, stat.size, stat.ftype]).to eq [0o640, 12, 34, 11, "file"]
      expect(root.read("/etc/passwd")).to eq "root:x:0:0\n"
      expect(root.children("/")).to eq ["etc"]
    end

    it "takes absolute symlinks and .. as a process inside the root would" do
      tree.file("/etc/real", "inside").link("/a/absolute", "/etc/real").link("/a/up", "../../../../../../etc/real").link("/etc/dir", "/a").link("/top", "/")

      %w[/a/absolute /a/up /etc/dir/absolute /top/etc/real /../../etc/real /a/../etc/real //etc///real /top/top/../etc/./real].each do |path|
        expect([path, root.read(path)]).to eq [path, "inside"]
      end
      expect(root.realpath("/etc/dir/up")).to eq "/etc/real"
      expect(root.realpath("/top/..")).to eq "/"
    end

    it "never follows a link to a file of the scanner's own root" do
      name = File.basename(Dir["/etc/os-release"].first)
      tree.folder("/etc").link("/out", "/etc/#{name}").link("/far", "../" * 30 + "etc/#{name}").link("/proc-root", "/proc/self/root/etc/#{name}")

      %w[/out /far /proc-root].each { |path| expect([path, root.stat(path)]).to eq [path, nil] }
    end

    it "takes loops, dangling links and files used as folders as absent" do
      tree.link("/loop", "/loop").link("/a", "/b").link("/b", "/a").link("/dangling", "/nowhere/at/all").file("/file").link("/empty-ish", "./")

      %w[/loop /a /dangling /file/x /file/ /file/. /missing].each do |path|
        expect([path, root.stat(path), root.read(path), root.realpath(path), root.children(path)]).to eq [path, nil, nil, nil, nil]
      end
      expect(root.stat("/empty-ish").ftype).to eq "directory"
    end

    it "follows 40 links and no more, as the kernel" do
      tree.file("/l0", "end")
      (1..41).each { |number| tree.link("/l#{number}", "l#{number - 1}") }

      expect(root.read("/l40")).to eq "end"
      expect(root.stat("/l41")).to be_nil
    end

    it "tells of a symlink itself where it is not to be followed" do
      tree.file("/file").link("/link", "file").link("/dir-link", "/").link("/bytes", "caf\xE9")

      expect(root.stat("/link", follow: false).symlink?).to be true
      expect(root.stat("/dir-link/", follow: false).directory?).to be true
      expect(root.readlink("/link")).to eq "file"
      expect(root.readlink("/dir-link/link")).to eq "file"
      expect(root.readlink("/file")).to be_nil
      expect(root.readlink("/bytes").b).to eq "caf\xE9".b
    end

    it "opens no FIFO and no device: reading them neither waits nor acts" do
      tree.fifo("/fifo").device("/zero", 1, 5)

      expect([root.read("/fifo"), root.read("/zero"), root.read("/")]).to eq [nil, nil, nil]
      expect([root.stat("/fifo").pipe?, root.stat("/zero").chardev?]).to eq [true, true]
    end

    it "raises above its size, and does not eat memory for a sparse file" do
      tree.sparse("/huge", 10 * 1024**3)
      before = File.read("/proc/self/status")[/VmRSS:\s+(\d+)/, 1].to_i

      expect { root.read("/huge", limit: 1024 * 1024) }.to raise_error(Sidescan::Unreadable, %r{/huge is larger than 1048576 bytes})
      expect(File.read("/proc/self/status")[/VmRSS:\s+(\d+)/, 1].to_i - before).to be < 50_000
      expect(root.stat("/huge").size).to eq 10 * 1024**3
    end

    it "keeps names and contents that are not UTF-8" do
      tree.file("/caf\xE9".b, "\xFF\xFE".b).file("/new\nline", "x")

      expect(root.children("/").map(&:b)).to eq ["caf\xE9".b, "new\nline"]
      expect(root.read("/caf\xE9").b).to eq "\xFF\xFE".b
      expect(root.read("/new\nline")).to eq "x"
    end

    it "takes a name that is too long for any file as absent" do
      expect(root.stat("/#{'x' * 300}")).to be_nil
      expect(root.stat("/x#{'/x' * 3000}")).to be_nil
    end

    it "raises where it may not look, and never says absent" do
      tree.folder("/secret", mode: 0o700).file("/secret/file", "s").file("/shadow", "s", mode: 0o600).link("/to", "/secret/file")

      %w[/secret/file /secret/missing /to].each do |path|
        expect([path, as_user(4242) { root.stat(path) }]).to eq [path, "Sidescan::Unreadable: Cannot be looked at in the target: #{path}: Permission denied"]
      end
      expect(as_user(4242) { root.read("/shadow") }).to match(/Unreadable.*shadow: Permission denied/)
      expect(as_user(4242) { root.children("/secret") }).to match(/Unreadable.*Permission denied/)
      expect(as_user(4242) { root.stat("/shadow").size }).to eq 1
    end

    it "raises for a NUL in a path, and finds nothing under an empty one" do
      expect { root.stat("/etc\0/passwd") }.to raise_error(Sidescan::Unreadable, /NUL/)
      expect(root.stat("")).to be_nil
    end

    it "tells the SELinux label that a file has, and none where it has none" do
      tree.file("/labelled", "x").file("/plain", "x").link("/link", "labelled").folder("/folder")
      tree.label("/labelled", "system_u:object_r:etc_t:s0").label("/folder", "system_u:object_r:usr_t:s0")

      labels = %w[/labelled /link /folder /plain /missing].map { |path| root.label(path) }
      expect(labels).to eq ["system_u:object_r:etc_t:s0", "system_u:object_r:etc_t:s0", "system_u:object_r:usr_t:s0", nil, nil]
      expect(root.label("/link", follow: false)).to be_nil
    end

    it "knows programs by their execute bit" do
      tree.file("/bin/tool", "", mode: 0o755).file("/bin/text").folder("/bin/dir").link("/bin/link", "tool")

      expect(%w[/bin/tool /bin/link /bin/text /bin/dir /bin/none].map { |path| root.executable?(path) }).to eq [true, true, false, false, false]
    end

    it "leaves no descriptor open" do
      tree.file("/etc/real", "x").link("/a", "/etc").link("/loop", "/loop").folder("/d")
      root.read("/a/real")
      GC.start
      GC.disable
      before = Dir.children("/proc/self/fd").size
      50.times { %w[/a/real /loop /missing /a/../a/real /d /file/x].each { |path| [root.stat(path), root.read(path), root.children(path), root.readlink(path)] } }
      expect(Dir.children("/proc/self/fd").size).to be <= before
    ensure
      GC.enable
    end
  end
end
