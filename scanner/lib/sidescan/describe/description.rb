# frozen_string_literal: true

require "sidescan/auditor"
require "sidescan/describe/plain"
require "sidescan/describe/problems"

module Sidescan
  module Describe
    # The texts of a profile and what is wrong with it, by the auditor itself.
    class Description
      # Loads the auditor into this process.
      def self.load
        Auditor.load_base
        require "sidescan/describe/no_target"
        require "sidescan/profile_folder"
        require "sidescan/scanner_asked"
        NoTarget.install
      end

      def initialize(archive, work)
        @archive = archive
        @work = work
        @problems = Problems.new
      end

      def to_h
        profile = open
        controls = profile ? read(profile) : []
        { v: 1, profile: profile && Plain.of(profile.metadata.params.slice(:name, :version, :title, :summary)),
          controls: Plain.of(controls), problems: Plain.of(@problems.to_a) }
      end

      private

      # The profile, or nil where it is not even one to the auditor.
      def open
        @archive.check_version(Inspec::VERSION)
        ScannerAsked.install(ProfileFolder.new(@archive.path, "#{@work}/profile"))
        Inspec::Config.cached = Inspec::Config.mock
        options = { backend: Inspec::Backend.create(Inspec::Config.mock), check_mode: true, vendor_cache: Inspec::Cache.new("#{@work}/cache") }
        Inspec::Profile.for_target(@archive.path, options)
      rescue StandardError, ScriptError => e
        @problems.error(e)
        nil
      end

      def read(profile)
        load(profile)
        findings(profile)
        rules = profile.runner_context.all_rules.compact
        rules.each { |rule| @problems.of_rule(rule) }
        @problems.no_controls if rules.empty?
        controls_of(profile)
      end

      # File by file, so that one that does not load costs no other its texts.
      def load(profile)
        attempt { gems(profile) }
        attempt { profile.load_libraries }
        attempt { profile.locked_dependencies.each(&:collect_tests) }
        profile.tests.each do |path, content|
          next if content.nil? || content.empty?

          attempt { profile.runner_context.load_control_file(content, profile.source_reader.target.abs_path(path), nil) }
        end
        # From here on the auditor takes what was loaded, whatever failed.
        { tests_collected: true, libraries_loaded: true, state: :loaded }.each { |name, value| profile.instance_variable_set("@#{name}", value) }
      end

      # The auditor would ask somebody whether to install them.
      def gems(profile)
        profile.define_singleton_method(:load_gem_dependencies) { nil }
        missing = profile.collect_gem_dependencies.map { |gem| gem[:name] }.reject { |name| Inspec::DependencyLoader.new.gem_installed?(name) }
        @problems.missing_gems(missing) unless missing.empty?
      end

      def attempt
        NoTarget.watch { yield }
      rescue StandardError, ScriptError, SystemStackError => e
        NoTarget.asked ? @problems.unanswered(e) : @problems.error(e)
      end

      # What `inspec check` says.
      def findings(profile)
        rules = profile.runner_context.all_rules.compact
        rules.each { |rule| rule.instance_variable_set(:@impact, nil) unless rule.instance_variable_get(:@impact).is_a?(Numeric) }
        asked = rules.select(&:asked_target).map { |rule| Inspec::Rule.rule_id(rule) }
        @problems.found(profile.legacy_check, asked)
      rescue StandardError, ScriptError => e
        @problems.error(e)
      end

      # A describe block outside of any control gets an id from the auditor, with random digits in it, and has no text.
      def controls_of(profile)
        profile.info[:controls].map do |control|
          source = control[:source_location]&.slice(:ref, :line)
          { id: control[:id].to_s.sub(/\A(\(generated from .+) \h+\)\z/, '\1)'), title: control[:title]&.to_s, desc: control[:desc]&.to_s,
            **control.slice(:impact, :tags, :refs, :code), source: source && !source[:ref].start_with?("/") ? source : nil }
        end
      rescue StandardError, ScriptError => e
        @problems.error(e)
        []
      end
    end
  end
end
