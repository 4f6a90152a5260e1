# frozen_string_literal: true

require "train"
require "sidescan/hold/client"
require "sidescan/absent_program"
require "sidescan/undecided"
require "sidescan/answers/files"
require "sidescan/answers/accounts"
require "sidescan/answers/apk_packages"
require "sidescan/answers/packages"
require "sidescan/answers/rpm_packages"
require "sidescan/answers/processes"
require "sidescan/answers/sockets"
require "sidescan/answers/mounts"
require "sidescan/answers/kernel"
require "sidescan/answers/language_packages"
require "sidescan/answers/logins"
require "sidescan/answers/services"

module Sidescan
  # Runs the auditor's commands: answered in-process from the target's files and /proc, or by the toolbox in the target through hold,
  # or refused by raising. There is no fourth answer, above all no "exit 127".
  class Commands
    Result = Train::Extras::CommandResult
    DEFAULT_SECONDS = 60
    # What the auditor asks while it finds out what the platform is; a miss there is "not found" as on a machine without that program.
    NOT_FOUND = Result.new("", "", 127).freeze

    ANSWERS = [Answers::Files, Answers::Accounts, Answers::Logins, Answers::Packages, Answers::ApkPackages, Answers::RpmPackages,
               Answers::LanguagePackages, Answers::Services, Answers::Processes, Answers::Sockets,
               Answers::Mounts, Answers::Kernel].freeze

    # The toolbox's sudo runs commands; it has no policy to list.
    SUDO_LIST = /\bsudo\s+(?:-[a-zA-Z]+\s+)*-[a-zA-Z]*[lv]\b/

    # `hold`: a Hold::Client, or nil where the target has none. `allow`: programs of the image that may run.
    def initialize(root, accounts, hold:, allow:, coverage:)
      @answers = ANSWERS.map { |answers| answers.new(root, accounts) }
      @absent = AbsentProgram.new(root)
      @hold = hold
      @allow = allow
      @coverage = coverage
    end

    # The result of a probe of the platform detection: never runs anything and never raises.
    def probe(command)
      result = in_process(command) or return NOT_FOUND
      Result.new(result.stdout.scrub, result.stderr, result.exit_status) # what the target says of its release goes into every report
    end

    # The result of the command, exit status and output as inside the target. Raises CommandRefused where there is no truthful one.
    def run(command, seconds: nil)
      command = command.dup.force_encoding(Encoding::UTF_8)
      if (result = answered(command))
        @coverage.in_process
        return result
      end
      refuse(command, ["sudo"], "what sudo would allow is known to the image's own sudo only") if command.match?(SUDO_LIST)
      refuse(command, [program_of(command)], "the scan has no process in the target that could run it") unless @hold
      through_hold(command, seconds || DEFAULT_SECONDS)
    end

    private

    def answered(command)
      in_process(command)
    rescue CommandRefused
      @coverage.refused([program_of(command)])
      raise
    end

    def in_process(command)
      return nil unless command.valid_encoding?

      @answers.each do |answers|
        output, status, error = answers.answer(command)
        return Result.new(output, error || "", status || 0) if output
      end
      nil
    end

    def through_hold(command, seconds)
      answer = @hold.run(command, deadline_ms: (seconds * 1000).clamp(1, 3_600_000), allow: @allow)
      said = @absent.answer(command, answer.refused)
      return Result.new(*said).tap { @coverage.toolbox } if said

      check(command, answer, seconds)
      answer.target_programs.empty? ? @coverage.toolbox : @coverage.target(answer.target_programs)
      Result.new(text(answer.stdout), text(answer.stderr), status_of(answer))
    rescue Hold::Broken, SystemCallError => e
      refuse(command, [program_of(command)], e.message)
    end

    # A program that was refused anywhere in a pipe does not show in its exit status: only hold knows.
    def check(command, answer, seconds)
      refuse_programs(command, answer.refused) if answer.refused.any? || answer.flag?("refused")
      raise Train::CommandTimeoutReached, "no end after #{seconds} s" if answer.flag?("deadline")
      refuse(command, [program_of(command)], "its output is larger than the limit") if answer.flag?("stdout_cut") || answer.flag?("stderr_cut")
      refuse(command, [program_of(command)], "a tool of the scanner did not start") if answer.stderr.match?(TOOL_BROKEN)
      refuse(command, [program_of(command)], "it met files that the scan may not read (Permission denied)") if answer.flag?("denied")
      check_target(command, answer) if answer.target_programs.any?
    end

    # A program of the image runs without the rights of a machine of its own. hold does not see what it was not permitted, but programs say so.
    def check_target(command, answer)
      said = "#{answer.stderr}\n#{answer.stdout}".b.each_line.find { |line| line.match?(NOT_PERMITTED) } or return
      refuse(command, answer.target_programs, "the image's program was not permitted something here that it is inside: #{text(said.strip[0, 200]).scrub}")
    end

    # As the C library words EACCES, EPERM and EROFS.
    NOT_PERMITTED = /Permission denied|Operation not permitted|Read-only file system/n

    # The loader's own words. Our tools bring their libraries: where they do not start, an empty answer would be a lie.
    TOOL_BROKEN = /: error while loading shared libraries: /n
    WHY = {
      "image" => "is a program of the image, and the scan does not allow it (allowTargetCommands)",
      "absent" => "is neither a tool of the scanner nor a program of the image",
      "loader" => "was started in a way that goes around the confinement"
    }.freeze

    def refuse_programs(command, refused)
      names = refused.map { |_reason, name| name.to_s }
      said = refused.map { |reason, name| "#{name} #{WHY.fetch(reason, "was refused (#{reason})")}" }
      refuse(command, names, said.join("; "))
    end

    def refuse(command, programs, why)
      @coverage.refused(programs)
      raise CommandRefused, "#{CommandRefused::MARK} (#{programs.join(', ')}): #{why}. Command: #{command[0, 300]}"
    end

    def program_of(command)
      command.strip[/\A(?:\w+=\S*\s+)*(\S+)/, 1].to_s[0, 100]
    end

    # As the auditor's local transport gives them.
    def text(bytes)
      bytes.force_encoding(Encoding::UTF_8)
    end

    def status_of(answer)
      answer.status.negative? ? 128 + answer.facts.fetch("signal", "0").to_i : answer.status
    end
  end
end
