# frozen_string_literal: true

require "profile"
require "sidescan/profile_archive"
require "tmpdir"

RSpec.describe Sidescan::ProfileArchive do
  around { |example| Dir.mktmpdir { |folder| example.run if @folder = folder } }

  def pack(name: "sample")
    TestProfile.pack(@folder, { "controls/a.rb" => Random.new(1).bytes(3000).unpack1("H*") }, name: name)
  end

  # Cuts the archive into files NAME.tar.gz.000 and on, of `size` bytes; returns its digest.
  def cut(size: 1000)
    path = pack
    bytes = File.binread(path)
    File.delete(path)
    bytes.bytes.each_slice(size).with_index { |part, number| File.binwrite(format("%s.%03d", path, number), part.pack("C*")) }
    "sha256:#{Digest::SHA256.hexdigest(bytes)}"
  end

  def find(wanted = nil)
    described_class.find(@folder, wanted, joined_in: "#{@folder}/joined")
  end

  def refusal(wanted = nil)
    find(wanted).check(wanted)
    nil
  rescue Sidescan::Failure => e
    [e.code, e.message]
  end

  it "takes a whole archive where it lies" do
    path = pack

    expect(find.path).to eq path
    expect(refusal).to be_nil
  end

  it "joins parts in their order to the very same bytes" do
    digest = cut(size: 700)
    archive = find(digest)

    expect(Dir.children(@folder).size).to be > 3
    expect(archive.digest).to eq digest
    expect { archive.check(digest) }.not_to raise_error
    expect(archive.name).to eq "sample"
  end

  it "never takes a shorter archive: the first, one between or the last part is missing" do
    digest = cut
    parts = Dir.children(@folder).sort
    [0, 1, parts.size - 1].each do |number|
      hidden = File.binread("#{@folder}/#{parts[number]}")
      File.delete("#{@folder}/#{parts[number]}")
      code, message = refusal(digest)
      File.binwrite("#{@folder}/#{parts[number]}", hidden)

      expect([code, message]).to match number == parts.size - 1 ? ["PROFILE_INVALID", /not the one that was asked for/] : ["PROFILE_NOT_FOUND", /part 00#{number} /]
    end
    expect(refusal(digest)).to be_nil
  end

  it "never takes parts in another order, or of another archive" do
    digest = cut
    first, second = Dir.children(@folder).sort.first(2).map { |name| "#{@folder}/#{name}" }
    File.rename(first, "#{@folder}/x")
    File.rename(second, first)
    File.rename("#{@folder}/x", second)

    expect(refusal(digest)).to match ["PROFILE_INVALID", /not the one that was asked for/]
  end

  it "refuses parts without a digest, a whole archive beside its parts, two archives, and none" do
    cut
    expect(refusal).to match ["PROFILE_INVALID", /only with its digest/]
    pack
    expect(refusal).to match ["PROFILE_INVALID", /whole and in parts/]
    pack(name: "other")
    expect(refusal).to match ["PROFILE_INVALID", /more than one profile archive: other\.tar\.gz, sample\.tar\.gz/]
    Dir.glob("#{@folder}/*").each { |path| File.delete(path) }
    expect(refusal).to match ["PROFILE_NOT_FOUND", /no profile archive/]
  end
end
