# frozen_string_literal: true

require "open3"

# The images of the comparison: the scanner, and what it scans.
class TruthImages
  HERE = File.expand_path("..", __dir__)
  SCANNER = File.expand_path("../..", HERE)
  DEBIAN = "localhost/sidescan-test/truth:1"
  DISTROLESS = "localhost/sidescan-test/truth-distroless:1"
  BASE = ENV.fetch("SIDESCAN_BASE_IMAGE", "docker.io/library/debian:12") # as scanner/build
  SETTINGS = File.expand_path("../.sidescan/containers.conf", SCANNER)

  attr_reader :scanner

  def initialize
    ENV["CONTAINERS_CONF"] ||= SETTINGS if File.file?(SETTINGS)
    @scanner = run("#{SCANNER}/build", "--tag", ENV.fetch("SIDESCAN_SCANNER_IMAGE", "localhost/sidescan-scanner:dev")).lines.last.chomp
  end

  # Debian 12 with Ruby and the auditor in it.
  def debian
    run("podman", "build", "--quiet", "--network=host", "--build-arg", "BASE=#{BASE}", "--build-arg", "SCANNER=#{scanner}", "--tag", DEBIAN, "#{HERE}/debian")
    DEBIAN
  end

  # Files of the Debian image, the same bytes, with nothing to run them.
  def distroless
    replace(DISTROLESS) { run("#{HERE}/distroless/build", DEBIAN, DISTROLESS) }
    DISTROLESS
  end

  # Yields, to make the image anew; the one that had its name before does not stay behind.
  def replace(image)
    before, = Open3.capture2e("podman", "image", "inspect", "--format", "{{.Id}}", image)
    yield
    after = run("podman", "image", "inspect", "--format", "{{.Id}}", image)
    Open3.capture2e("podman", "rmi", before.chomp) if before.match?(/\A\h{64}$/) && before != after
  end

  # Standard output of the command; raises with the end of what it said where it fails.
  def run(*command)
    text, error, status = Open3.capture3(*command)
    raise "#{command.first(3).join(' ')}: #{error[-3000..] || error}" unless status.success?

    text
  end
end
