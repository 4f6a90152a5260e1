# frozen_string_literal: true

require "json"
require "tmpdir"
require_relative "comparison"
require_relative "expected_answers"
require_relative "truth_pod"
$LOAD_PATH.unshift(File.expand_path("../../support", __dir__))
require "rpm_databases"

# Targets of other distributions, each with its answers: by the auditor inside where it runs there, else as the recipe makes them.
class Distributions
  FOLDER = File.expand_path("../distributions", __dir__)
  PROFILE = "#{FOLDER}/profile".freeze
  IMAGES = File.expand_path("../../../test/images/build", TruthImages::HERE)
  PLACE = "localhost/sidescan-test"
  NOBODY = { "profiles" => [] }.freeze
  # Its name → its answers, and whose auditor inside is the twin, where there is one.
  TARGETS = { "Debian" => %w[debian debian], "Ubuntu-like" => %w[ubuntu ubuntu], "RPM-like (sqlite)" => %w[rpm rpm-sqlite], "RPM-like (bdb)" => %w[rpm rpm-bdb],
              "RPM-like (ndb)" => %w[rpm-ndb rpm-sqlite], "Alpine-like" => ["alpine", nil], "distroless" => %w[distroless debian], "scratch" => ["scratch", nil] }.freeze

  # `images`: TruthImages, whose Debian and distroless are built.
  def initialize(images)
    @images = images
    @inside = Hash.new { |all, name| all[name] = name ? TruthPod.new(images, image(name), PROFILE).inside : NOBODY }
  end

  # Name → ExpectedAnswers.
  def answers
    build
    TARGETS.to_h do |name, (expected, twin)|
      beside = TruthPod.new(@images, image(name[/\((\w+)\)/, 1]&.prepend("rpm-") || expected), PROFILE).beside
      [name, ExpectedAnswers.new("#{FOLDER}/#{expected}.yml", Comparison.new(@inside[twin], beside, nil).controls)]
    end
  end

  private

  def image(name)
    { "debian" => TruthImages::DEBIAN, "distroless" => TruthImages::DISTROLESS, "alpine" => "#{PLACE}/alpine-like:1", "scratch" => "#{PLACE}/scratch:1" }.fetch(name) { "#{PLACE}/truth-#{name}:1" }
  end

  def build
    @images.run(IMAGES, "alpine-like", "scratch")
    @images.run("podman", "build", "--quiet", "--build-arg", "DEBIAN=#{TruthImages::DEBIAN}", "--tag", image("ubuntu"), "#{FOLDER}/ubuntu")
    Dir.mktmpdir("sidescan-rpm") do |folder|
      RpmDatabases.make(folder)
      { "sqlite" => "sqlite", "bdb" => "bdb_ro", "ndb" => "ndb" }.each { |kind, backend| build_rpm(folder, kind, backend) }
    end
  end

  def build_rpm(folder, kind, backend)
    context = "#{folder}/context-#{kind}"
    FileUtils.mkdir_p(context)
    FileUtils.cp_r("#{folder}/#{kind}", "#{context}/database")
    FileUtils.cp("#{FOLDER}/rpm/Containerfile", context)
    arguments = ["--build-arg", "DEBIAN=#{TruthImages::DEBIAN}", "--build-arg", "BACKEND=#{backend}", "--tag", image("rpm-#{kind}")]
    @images.replace(image("rpm-#{kind}")) { @images.run("podman", "build", "--quiet", "--network=host", *arguments, context) }
  end
end
