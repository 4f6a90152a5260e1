# frozen_string_literal: true

module Sidescan
  # Where the pod puts things (docs/scan-pod.md).
  Places = Struct.new(:profile, :inputs, :work, :socket, :termination_log, keyword_init: true) do
    # The paths inside the scanner image.
    def self.image
      new(profile: "/profile", inputs: "/inputs", work: "/work", socket: "/sidescan/run/hold.sock", termination_log: "/dev/termination-log")
    end

    def report
      "#{work}/report.json"
    end

    # The auditor writes here; the name `report` appears only when the report is whole and on disk.
    def unfinished_report
      "#{work}/report.json.tmp"
    end
  end
end
