# frozen_string_literal: true

require "find"
require "json"
require "open3"
require "tmpdir"

# The image itself: its size, what is not in it, and its bill of materials.
RSpec.describe "the scanner image" do
  let(:root) { "#{ENV.fetch('SIDESCAN_TEST_STATE')}/image" }
  let(:name) { ENV.fetch("SIDESCAN_TEST_IMAGE") }
  let(:bill) { JSON.parse(File.read("#{root}/opt/sidescan/sbom.cdx.json")) }

  # Paths below the root, without the toolbox.
  def outside
    paths = []
    Find.find(root) do |path|
      Find.prune if path == "#{root}/opt/sidescan/toolbox"
      paths << path.delete_prefix(root) if File.symlink?(path) || File.file?(path)
    end
    paths
  end

  it "is at most 90 MB unpacked and 32 MB compressed" do
    size, = Open3.capture2("podman", "image", "inspect", "--format", "{{.Size}}", name)
    compressed, status = Open3.capture2("bash", "-o", "pipefail", "-c", 'podman save "$1" | gzip -6 | wc -c', "bash", name)

    expect(status).to be_success
    expect(size.to_i).to be_between(1, 90_000_000)
    expect(compressed.to_i).to be_between(1, 32_000_000)
  end

  it "has no shell, package manager or downloader outside the toolbox" do
    names = %w[sh ash bash dash rbash zsh ksh mksh csh tcsh fish busybox apt apt-get dpkg dpkg-deb rpm apk yum dnf gem bundle pip pip3 npm curl wget nc perl python3]
    programs = outside.select { |path| File.executable?("#{root}#{path}") || path.start_with?("/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/local/") }

    expect(programs).to include("/usr/bin/ruby3.1", "/opt/sidescan/bin/scan")
    expect(programs.select { |path| names.include?(File.basename(path)) }).to eq []
    expect(programs.grep(%r{\A/(?:usr/)?s?bin/}).map { |path| File.basename(path) }).to all(start_with("ruby"))
  end

  it "has no set-uid program and no file that others may write" do
    files = outside.reject { |path| File.symlink?("#{root}#{path}") }.select { |path| File.stat("#{root}#{path}").mode.anybits?(0o6002) }

    expect(files).to eq []
  end

  it "lists what it carries, with versions and licences, and has their texts" do
    parts = bill.fetch("components")
    gems, packages = parts.partition { |part| part["purl"].start_with?("pkg:gem/") }
    carried = Dir["#{root}/opt/sidescan/bundle/ruby/*/specifications/*.gemspec"].map { |path| File.basename(path, ".gemspec") }

    expect(bill).to include("bomFormat" => "CycloneDX", "specVersion" => "1.5")
    expect(gems.map { |part| "#{part['name']}-#{part['version']}" }).to match_array(carried.map { |full| full.sub(/-x86_64-linux\z/, "") })
    expect(packages.map { |part| part["name"] }).to match_array(File.readlines("#{root}/opt/sidescan/packages", chomp: true).uniq)
    expect(parts.map { |part| part["licenses"].map { |entry| entry["license"].values_at("id", "name").compact.first.to_s } }).to all(satisfy { |names| names.any? && names.none?(&:empty?) })
    expect(parts.map { |part| part["version"] }).to all(match(/\d/))
    expect(packages.map { |part| "#{root}/usr/share/doc/#{part['name']}/copyright" }).to all(satisfy { |path| File.size?(path) })
    without = Dir["#{root}/opt/sidescan/bundle/ruby/*/gems/*"].reject { |folder| Dir.children(folder).any? { |file| file.match?(/licen|copying/i) } }
    expect(without.map { |folder| File.basename(folder)[/\A[a-z]+/] }).to match_array(%w[fuzzyurl sslshake wisper]) # published without one
    expect(gems.map { |part| part["name"] }).to include("inspec-core", "train-core")
  end

  it "hands the bill out when it is built" do
    Dir.mktmpdir("sidescan-bill") do |folder|
      _out, status = Open3.capture2e(File.expand_path("../../build", __dir__), "--sbom", "#{folder}/bill.json")

      expect(status).to be_success
      expect(JSON.parse(File.read("#{folder}/bill.json"))).to eq bill
    end
  end
end
