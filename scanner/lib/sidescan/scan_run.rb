# frozen_string_literal: true

require "sidescan/auditor_process"
require "sidescan/failure"
require "sidescan/given"
require "sidescan/hold/client"
require "sidescan/outcome"
require "sidescan/profile_archive"
require "sidescan/report_file"
require "sidescan/target_search"

module Sidescan
  # The work of one scan: profile, target, auditor, target again, report. What it has come to so far is readable at any moment.
  class ScanRun
    attr_reader :arguments, :given, :archive, :target, :report, :exit_code

    def initialize(arguments, places)
      @arguments = arguments
      @places = places
      @search = TargetSearch.new(container: arguments.container, pod_uid: ENV.fetch("POD_UID", nil), socket: places.socket)
    end

    # The auditor takes half a second to load: it does so while the target is looked for.
    def start_auditor
      @auditor = AuditorProcess.start(@places.work, @arguments.max_report_bytes)
    end

    def stop_auditor
      @auditor&.kill
    end

    # {name:, version:} of the auditor; nil if it never was loaded.
    def auditor
      @auditor&.loaded
    end

    # What the auditor printed last.
    def auditor_tail
      @auditor&.tail
    end

    def coverage
      (@auditor&.coverage || Coverage.new).to_receipt
    end

    # Raises Failure unless there is a result of a target that was proven before and after.
    def call
      @given = Given.find(@places.inputs, @arguments.inputs_digest)
      archive = ProfileArchive.find(@places.profile, @arguments.profile_digest)
      archive.check(@arguments.profile_digest)
      @archive = archive
      archive.check_version(@auditor.loaded.fetch(:version)) if @auditor.loaded
      @target = @search.find(@arguments.proof)
      status = audit
      @exit_code = status.exitstatus
      recheck # first: a report of something else than the target must not leave the pod, not even as evidence
      @report = within_limits(ReportFile.publish(@places.unfinished_report, @places.report))
      Outcome.new(status, @report && @auditor.profiles, @auditor.crash, @auditor.tail).check
    end

    # After the last word about the target: a pod in which nothing runs any more is removed at once, one with a held target only after seconds.
    def dismiss_target
      Hold::Client.new(@places.socket, pid: @target.pid).dismiss if hold? && @target
    rescue Hold::Broken, SystemCallError
      nil # whoever removes the pod ends it
    end

    # What to say when time is up.
    def overdue(seconds)
      return "the scan did not end within #{seconds} s: the auditor was still at work" if @target

      "the scan did not end within #{seconds} s: #{@search.missing || 'the target was still looked for'}"
    end

    private

    def hold?
      @arguments.proof == :hold
    end

    def audit
      @auditor.run(@target, given: @given, archive: @archive.path, report: @places.unfinished_report,
                            socket: hold? ? @places.socket : nil, allow: @arguments.allow)
    end

    # The same process, the same root, and hold still answers: else what was read may be another container's.
    def recheck
      @target.recheck
      Hold::Client.new(@places.socket, pid: @target.pid).greet if hold?
    rescue Hold::Broken, SystemCallError => e
      raise Failure.new("TARGET_EXITED", "the target no longer answers: #{e.message}")
    end

    def within_limits(published)
      return nil unless published

      too_large("#{published.bytes} bytes, the limit is #{@arguments.max_report_bytes}") if published.bytes > @arguments.max_report_bytes
      compressed = published.gzip.bytesize
      too_large("#{compressed} bytes compressed, and the log carries at most #{@arguments.max_log_bytes}") if compressed > @arguments.max_log_bytes
      published
    end

    def too_large(how)
      raise Failure.new("REPORT_TOO_LARGE", "the report has #{how}")
    end
  end
end
