# frozen_string_literal: true

require "open3"
require "pod"

# The pod of docs/scan-pod.md that reads a profile's texts, without an engine: the built image's root, read-only, its program as uid 65532 and alone.
module Described
  SCRIPT = <<~'SH'
    mount --make-rprivate /
    mount --bind "$IMAGE" "$IMAGE"
    mount -t proc proc "$IMAGE/proc"
    mount --bind "$FOLDER/dev" "$IMAGE/dev"
    touch "$FOLDER/dev/null" "$FOLDER/dev/urandom" "$FOLDER/dev/termination-log"
    chmod 666 "$FOLDER/dev/termination-log"
    mount --bind /dev/null "$IMAGE/dev/null"
    mount --bind /dev/urandom "$IMAGE/dev/urandom"
    for name in work tmp profile; do mount --bind "$FOLDER/$name" "$IMAGE/$name"; done
    mount -o remount,bind,ro "$IMAGE"
    exec env -i HOME=/work /usr/sbin/chroot --userspec=65532:65532 --groups= "$IMAGE" /opt/sidescan/bin/describe "$@"
  SH
  LIMITS = { "--attempt" => "1", "--deadline" => "30", "--max-report-bytes" => "1000000", "--max-log-bytes" => "1000000" }.freeze

  # Describes the profile (path → text, or a block that puts its files into the given folder and returns the digest); `options` of the command line, nil for none.
  def self.run(files = nil, options = {})
    Dir.mktmpdir("sidescan-described") do |folder|
      %w[profile work tmp dev].each { |name| Dir.mkdir("#{folder}/#{name}", 0o777) }
      FileUtils.chmod(0o777, %w[work tmp].map { |name| "#{folder}/#{name}" })
      FileUtils.chmod(0o755, folder)
      digest = files ? "sha256:#{Digest::SHA256.file(TestProfile.pack("#{folder}/profile", files)).hexdigest}" : yield("#{folder}/profile")
      line = { "--profile-digest" => digest, **LIMITS, **options }.compact.flatten
      stdout, stderr, status = Open3.capture3({ "FOLDER" => folder, "IMAGE" => Pod::IMAGE }, "unshare", "--mount", "--pid", "--fork", "--mount-proc", "--net",
                                              "--kill-child", "bash", "-euc", SCRIPT, "describe", *line)
      Pod::Result.new(status: status.exitstatus, stdout: stdout, stderr: stderr, termination: File.read("#{folder}/dev/termination-log"))
    end
  end
end
