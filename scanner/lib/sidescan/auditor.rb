# frozen_string_literal: true

module Sidescan
  # The auditor itself, in a process of its own: InSpec's Apache-2.0 source under another name (its name is a trademark).
  module Auditor
    NAME = "sidescan-auditor"

    # Loads it; half a second, so it happens while the parent still looks for the target.
    def self.load
      load_base
      require "inspec/cli"
      require "train-sidescan"
      require "sidescan/init_scripts"
      require "sidescan/no_false_pass"
      require "sidescan/origin"
      require "sidescan/ports_of_pod"
      require "sidescan/profile_folder"
      require "sidescan/readable"
      require "sidescan/rpm_question"
      require "sidescan/scanner_asked"
      require "sidescan/sensitive_inputs"
      require "sidescan/ssh_includes"
      require "sidescan/tell_profiles"
      NoFalsePass.install
      Readable.install
      SensitiveInputs.install
      Origin.install
      InitScripts.install
      SshIncludes.install
      PortsOfPod.install
      RpmQuestion.install
      Inspec::RunnerRspec.prepend(TellProfiles)
    end

    # As much of it as reads profiles.
    def self.load_base
      require "yaml"
      require "inspec/dist"
      %i[PRODUCT_NAME EXEC_NAME].each { |name| Inspec::Dist.send(:remove_const, name) }
      Inspec::Dist.const_set(:PRODUCT_NAME, "Sidescan Auditor (built from InSpec's Apache-2.0 source)")
      Inspec::Dist.const_set(:EXEC_NAME, NAME)
      leave_out("inspec/utils/profile_ast_helpers.rb")
      require "inspec"
    end

    # Only `inspec check` and `export` read profiles as syntax trees; without this file rubocop and its parsers (and half of the start-up) stay away.
    def self.leave_out(file)
      $LOADED_FEATURES.push($LOAD_PATH.map { |folder| "#{folder}/#{file}" }.find { |path| File.file?(path) }).compact!
    end

    # What it was built from: the CINC Auditor keeps its name, and is found only where the image is built on it.
    def self.package
      File.directory?("/opt/cinc-auditor") ? "cinc-auditor" : "inspec-core"
    end

    # Runs the profile against the session's target and ends this process with the auditor's exit code.
    def self.run(archive, report, pid)
      ScannerAsked.install(ProfileFolder.new(archive, "#{ENV.fetch('HOME')}/profile"))
      start(archive, report, pid)
    rescue StandardError, ScriptError, SystemStackError => e
      Session.current.coverage.crash(e)
      exit 1
    end

    def self.start(archive, report, pid)
      # The auditor looks there for the command that it runs: without it, an input that is required and has no value is passed over.
      ARGV.replace(["exec", archive, "--target", "sidescan://#{pid}", "--reporter", "json:#{report}", "--no-create-lockfile",
                    "--no-color", "--no-enable-telemetry", *Session.given.arguments])
      Inspec::InspecCLI.start(ARGV.dup, enforce_license: false)
    end
    private_class_method :leave_out, :start
  end
end
