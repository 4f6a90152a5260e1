# frozen_string_literal: true

require "base64"
require "fileutils"
require "json"
require "open3"
require "tmpdir"
require "zlib"
require_relative "truth_images"

# One image, scanned by the same auditor from inside with its local transport, or by the scanner beside it in a pod.
class TruthPod
  NAME = "sidescan-truth-#{Process.pid}".freeze # runs do not meet

  # `images`: TruthImages; `image`: name of the target's; `allowed`: programs of the image that the scanner may have run there.
  def initialize(images, image, profile, allowed = [])
    @images = images
    @image = image
    @profile = profile
    @allowed = allowed
  end

  # The report from inside, with every right that root has on a machine of its own.
  def inside
    in_folder do |folder|
      command = ["podman", "run", "--rm", "--privileged", "--name", "#{NAME}-inside", "--hostname", NAME, "--volume", "#{folder}:/out", "--entrypoint", "/opt/auditor/inside", @image]
      _out, error, status = Open3.capture3(*command, "/out/profile.tar.gz", "/out/report.json")
      raise "inside #{@image}: #{status.exitstatus}\n#{error[0, 1000]}…#{error[-1000..]}" unless File.file?("#{folder}/report.json")

      JSON.parse(File.read("#{folder}/report.json"))
    ensure
      Open3.capture3("podman", "rm", "--force", "--ignore", "--time", "0", "#{NAME}-inside")
    end
  end

  # The report of the scanner, from its frames.
  def beside
    in_folder do |folder|
      File.write("#{folder}/pod.json", manifest("#{folder}/profile.tar.gz"))
      run("podman", "kube", "play", "#{folder}/pod.json")
      run("podman", "wait", "#{NAME}-scanner")
      log = run("podman", "logs", "#{NAME}-scanner")
      lines = log.lines.filter_map { |line| line[/\A##sidescan \d+ (\S+)$/, 1] }
      raise "beside #{@image}: #{log[-2000..] || log}" if lines.empty?

      JSON.parse(Zlib.gunzip(Base64.strict_decode64(lines.join)))
    ensure
      Open3.capture3("podman", "kube", "down", "#{folder}/pod.json")
      Open3.capture3("podman", "volume", "rm", "--force", "#{NAME}-profile")
    end
  end

  private

  def in_folder
    Dir.mktmpdir("sidescan-truth") do |folder|
      run("tar", "-czf", "#{folder}/profile.tar.gz", "-C", File.dirname(@profile), File.basename(@profile))
      yield folder
    end
  end

  # As src/execution/scan-pod.ts builds it, but for the target's root: it stays writable, as it is for the auditor inside.
  def manifest(archive)
    volumes = %w[toolbox socket work tmp].map { |name| { name: "#{NAME}-#{name}", emptyDir: {} } } << { name: "#{NAME}-profile", configMap: { name: "#{NAME}-profile" } }
    pod = { apiVersion: "v1", kind: "Pod", metadata: { name: NAME },
            spec: { restartPolicy: "Never", shareProcessNamespace: true, initContainers: [toolbox], containers: [target, listener, scanner], volumes: volumes } }
    map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "#{NAME}-profile" }, binaryData: { "profile.tar.gz" => Base64.strict_encode64(File.binread(archive)) } }
    [map, pod].map { |document| JSON.generate(document) }.join("\n---\n")
  end

  def toolbox
    { name: "toolbox", image: @images.scanner, command: ["/opt/sidescan/bin/install-toolbox", "/sidescan"], volumeMounts: [mount("toolbox", "/sidescan")] }
  end

  def target
    { name: "target", image: @image, command: ["/sidescan/hold"], securityContext: rights("DAC_READ_SEARCH"),
      volumeMounts: [mount("toolbox", "/sidescan"), mount("socket", "/sidescan/run")] }
  end

  # What listens in the network that the pod shares.
  def listener
    { name: "listener", image: TruthImages::DEBIAN, command: ["/opt/auditor/inside", "listen"] }
  end

  def scanner
    arguments = %w[--scan scan_truth --attempt 1 --container target --proof hold --deadline 300]
    arguments += @allowed.flat_map { |program| ["--allow", program] }
    { name: "scanner", image: @images.scanner, command: ["/opt/sidescan/bin/scan", *arguments],
      securityContext: rights("DAC_READ_SEARCH").merge(readOnlyRootFilesystem: true),
      volumeMounts: { toolbox: "/sidescan", socket: "/sidescan/run", profile: "/profile", work: "/work", tmp: "/tmp" }.map { |name, path| mount(name.to_s, path) } }
  end

  def rights(*capabilities)
    { runAsUser: 0, allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"], add: capabilities } }
  end

  def mount(name, path)
    { name: "#{NAME}-#{name}", mountPath: path } # Podman shares volumes of one name between pods
  end

  def run(*command)
    @images.run(*command)
  end
end
