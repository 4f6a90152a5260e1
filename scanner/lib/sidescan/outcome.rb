# frozen_string_literal: true

require "sidescan/failure"

module Sidescan
  # What the end of the auditor means: nothing where there is a result, else a Failure that says why in words.
  class Outcome
    WITH_REPORT = [0, 100, 101, 102].freeze
    # "Command not run in the target (PROGRAM): …", as Undecided raises it.
    REFUSED = /Command not run in the target \([^)]*\): [^\n]*/
    SYNTAX = /syntax error|SyntaxError/
    MAX_QUOTE = 1000

    # `status`: Process::Status; `told`: what the auditor said of its platform and profiles (TellProfiles), nil where there is no report;
    # `tail`: what it printed last.
    def initialize(status, told, tail, archive)
      @status = status
      @told = told
      @tail = tail
      @archive = archive
    end

    # Raises Failure unless the report is a result.
    def check
      killed if @status.signaled?
      explain(@tail) unless @told && WITH_REPORT.include?(@status.exitstatus)
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

    def not_loaded(profiles)
      said = profiles.map { |profile| profile["status_message"].to_s }.join("\n")
      explain(said.strip.empty? ? @tail : said)
    end

    def unsupported(profiles)
      platform = @told.fetch("platform").compact.join(" ")
      names = profiles.map { |profile| profile["name"] }.join(", ")
      fail_with("PROFILE_INVALID", "the profile #{names} does not support this target's platform (#{platform}): see `supports` in its inspec.yml")
    end

    # The order matters: a refused command is the cause of the load error around it.
    def explain(said)
      refused = said[REFUSED]
      command_refused(refused) if refused
      fail_with("PROFILE_INVALID", syntax_message(said)) if said.match?(SYNTAX)
      fail_with(code_of(said), "the auditor ended with exit code #{@status.exitstatus}: #{quote(said)}")
    end

    def command_refused(refused)
      fail_with("PROFILE_COMMAND_REFUSED", "the profile runs a command while it loads, so none of its controls could be read. #{refused} " \
                                           "Allow the program for this scan (allowTargetCommands), or run the command inside a control.")
    end

    def syntax_message(said)
      lines = said.lines.map(&:strip).reject(&:empty?)
      from = lines.index { |line| line.match?(SYNTAX) } || 0
      "the profile has a Ruby syntax error: #{lines[[from - 1, 0].max, 6].join("\n")[0, MAX_QUOTE]}"
    end

    # Errors of the profile's own code and metadata against everything else.
    def code_of(said)
      profile = /inspec\.yml|profile|cannot load such file|LoadError|depend|input|controls?\/|libraries\/|NameError|undefined (method|local variable)/i
      said.match?(profile) ? "PROFILE_INVALID" : "SCANNER_FAILED"
    end

    # The lines that say something; a Ruby backtrace says nothing to the author of a profile.
    def quote(said)
      lines = said.lines.map(&:strip).reject { |line| line.empty? || line.match?(%r{\A(from )?/\S+/(gems|ruby)/\S+:\d+:in }) }
      lines.join("\n")[0, MAX_QUOTE]
    end

    def fail_with(code, message)
      raise Failure.new(code, message)
    end
  end
end
