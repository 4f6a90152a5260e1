# frozen_string_literal: true

require "sidescan/failure"

module Sidescan
  # What the end of the auditor means: nothing where there is a result, else a Failure that says why in words.
  class Outcome
    WITH_REPORT = [0, 100, 101, 102].freeze
    # As CommandRefused and Unreadable say it; the auditor wraps it in words of its own.
    REFUSED = /Command not run in the target \(.*/
    UNREADABLE = /Cannot be looked at in the target: .*/
    # As Inspec::Input says that a value is missing, or not of the type or pattern that the profile declares.
    INPUT = /[^\n]*Input '[^'\n]+' (?:is required and does not have a value|with value .{0,400}? does not validate to (?:type|pattern))[^\n]*/m
    SCANNER_ASKED = /Asked of the scanner, not of the target \(.*/
    # The auditor's errors that are about the profile, whatever class they have.
    OF_THE_PROFILE = /inspec\.yml|depend|Failed to load source|profile/i
    CODE_ERRORS = %w[LoadError NameError NoMethodError ArgumentError TypeError Inspec::Error].freeze
    MAX_QUOTE = 1000

    # `status`: Process::Status; `told`: what the auditor said of its platform and profiles, nil where there is no report;
    # `crash`: the error that ended it, or nil; `tail`: what it printed last.
    def initialize(status, told, crash, tail)
      @status = status
      @told = told
      @crash = crash
      @tail = tail
    end

    # Raises Failure unless the report is a result.
    def check
      killed if @status.signaled?
      no_report unless @told && WITH_REPORT.include?(@status.exitstatus)
      profiles = @told.fetch("profiles")
      not_loaded(profiles) if profiles.empty? || profiles.all? { |profile| profile["status"] == "failed" }
      unsupported(profiles) if profiles.all? { |profile| profile["status"] == "skipped" }
      fail_with("PROFILE_INVALID", "the profile has no controls") if profiles.sum { |profile| profile["controls"] }.zero?
    end

    private

    def killed
      fail_with("REPORT_TOO_LARGE", "the report is larger than the limit") if @status.termsig == Signal.list["XFSZ"]
      fail_with("SCANNER_FAILED", "the auditor was killed by signal #{@status.termsig}: it ran out of memory, or another process killed it")
    end

    def unsupported(profiles)
      platform = @told.fetch("platform").compact.join(" ")
      names = profiles.map { |profile| profile["name"] }.join(", ")
      fail_with("PROFILE_INVALID", "the profile #{names} does not support this target's platform (#{platform}): see `supports` in its inspec.yml")
    end

    def not_loaded(profiles)
      said = profiles.map { |profile| profile["status_message"].to_s }.join("\n").strip
      said = @tail if said.empty?
      refused(said)
      fail_with("PROFILE_INVALID", "the profile failed to load: #{quote(said)}")
    end

    def no_report
      return crashed(@crash["class"], @crash["message"]) if @crash

      refused(@tail)
      code = @tail.match?(OF_THE_PROFILE) ? "PROFILE_INVALID" : "SCANNER_FAILED"
      fail_with(code, "the auditor ended with exit code #{@status.exitstatus} and no report: #{quote(@tail).then { |text| text.empty? ? "it said nothing" : text }}")
    end

    def crashed(kind, message)
      refused(message)
      at = @crash["line"] ? " (#{@crash['line']})" : ""
      fail_with("PROFILE_INVALID", "the profile has a Ruby syntax error: #{quote(message)}") if kind == "SyntaxError"
      of_profile = @crash["line"] && CODE_ERRORS.include?(kind)
      fail_with("PROFILE_INVALID", "the profile failed to load: #{quote(message)}#{at}") if of_profile || message.match?(OF_THE_PROFILE)
      fail_with("SCANNER_FAILED", "the auditor ended with #{kind}: #{quote(message)}#{at}")
    end

    # A refused command or an unreadable file is the cause of the load error around it.
    def refused(said)
      command = said[REFUSED]
      fail_with("PROFILE_COMMAND_REFUSED", "the profile runs a command while it loads, so its controls could not be read. #{command}. " \
                                           "#{way_out(command)}") if command
      input = said[INPUT]
      fail_with("INPUTS_REFUSED", "the profile does not take the inputs of this scan: #{quote(input)}") if input
      ruby = said[SCANNER_ASKED]
      fail_with("PROFILE_READS_SCANNER", "the profile asks Ruby itself while it loads, so its controls could not be read. #{ruby}") if ruby
      file = said[UNREADABLE]
      fail_with("TARGET_UNREADABLE", "the profile reads a file while it loads that the scanner cannot look at. #{file}") if file
    end

    # A program that is not there cannot be allowed.
    def way_out(command)
      return "Allow the program for this scan (allowTargetCommands), or run the command inside a control" if command.include?("allowTargetCommands")

      "Run the command inside a control, behind only_if { command('NAME').exist? } where it is about a program that an image may lack"
    end

    # Without warnings, backtraces and dumps of objects, which say nothing to the author of a profile.
    def quote(said)
      lines = said.gsub(/#<(\w+(?:::\w+)*):0x\h+.*/m, '#<\1>').lines.map(&:strip)
      lines.reject { |line| line.empty? || line.include?("WARN: ") || line.match?(/\Afrom /) }.join("\n")[0, MAX_QUOTE]
    end

    def fail_with(code, message)
      raise Failure.new(code, message)
    end
  end
end
