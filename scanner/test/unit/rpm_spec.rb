# frozen_string_literal: true

require "rpm_databases"
require "sidescan/answers/rpm_packages"
require "sidescan/root"
require "tree"

RSpec.describe Sidescan::Answers::RpmPackages do
  before(:all) do
    @folder = Dir.mktmpdir("sidescan-rpm")
    @names = RpmDatabases.make(@folder)
  end

  after(:all) { FileUtils.rm_rf(@folder) }

  after { tree.remove }

  let(:tree) { Tree.new }

  def packages(format)
    tree.folder("/var/lib/rpm")
    FileUtils.cp(Dir["#{@folder}/#{format}/*"], "#{tree.path}/var/lib/rpm")
    described_class.new(Sidescan::Root.new(File.open(tree.path)), nil)
  end

  %w[sqlite ndb bdb].each do |format|
    it "reads #{format} databases as rpm does" do
      answers = packages(format)

      expect(answers.answer("rpm -qa").first.lines.sort).to eq @names
      expect(@names.size).to eq 200
      expect(answers.answer("rpm -qa --queryformat '%{NAME}  %{VERSION}-%{RELEASE}  %{ARCH}\\n'").first).to include("part7  1.0-3  noarch\n")
      expect(answers.answer("rpm -q --qf '%{EPOCH} %{VENDOR} %{SUMMARY}' first")).to eq ["2 Example The first"]
      expect(answers.answer("rpm -q --queryformat '%{EPOCH}' part150").first).to eq "2"
      expect(answers.answer("rpm -q --dbpath /var/lib/rpm --queryformat 'Version : %{VERSION}\\nRelease : %{RELEASE}\\n' first")).to eq ["Version : 1.0\nRelease : 3\n"]
      expect(answers.answer("rpm -q part199").first).to eq "part199-1.0-3.noarch\n"
      expect(answers.answer("rpm -q none")).to eq ["package none is not installed\n", 1]
    end

    it "raises for a damaged #{format} database" do
      answers = packages(format)
      file = Dir["#{tree.path}/var/lib/rpm/{rpmdb.sqlite,Packages.db,Packages}"].first
      File.truncate(file, File.size(file) / 2)

      expect { answers.answer("rpm -qa") }.to raise_error(Sidescan::Unreadable, /rpm database/)
    end
  end

  it "reads packages that are still in SQLite's write-ahead log" do
    answers = packages("sqlite")
    file = "#{tree.path}/var/lib/rpm/rpmdb.sqlite"
    whole = File.binread(file)
    page = whole.unpack1("n", offset: 16)
    frames = (0...(whole.bytesize / page)).map { |number| [number + 1, number + 1 == whole.bytesize / page ? number + 1 : 0, 7, 8, 0, 0].pack("N6") + whole.byteslice(number * page, page) }
    File.binwrite("#{file}-wal", [0x377f0682, 3_007_000, page, 0, 7, 8, 0, 0].pack("N8") + frames.join)
    File.open(file, "r+b") { |io| io.seek(page) && io.write("\0" * (whole.bytesize - page)) }

    expect(answers.answer("rpm -qa").first.lines.sort).to eq @names
  end

  it "leaves to others what it does not know, and every question where there is no database" do
    answers = packages("ndb")
    expect(["rpm -V first", "rpm -qi first", "rpm -qa | grep x", "rpm -qa --queryformat '%{NOSUCH}'", "rpm -q --scripts first"].map { |command| answers.answer(command) }).to eq [nil] * 5
    expect(described_class.new(Sidescan::Root.new(File.open(Tree.new.path)), nil).answer("rpm -qa")).to be_nil
  end
end
