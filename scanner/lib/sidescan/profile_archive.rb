# frozen_string_literal: true

require "date"
require "digest"
require "fileutils"
require "rubygems/package"
require "yaml"
require "zlib"
require "sidescan/failure"

module Sidescan
  # The one profile archive of the pod: its digest and what its inspec.yml says, read before the auditor sees it.
  class ProfileArchive
    MAX_UNPACKED = 64 * 1024 * 1024
    MAX_ENTRIES = 20_000

    attr_reader :path, :name, :version, :inspec_version

    # One part of an archive that no ConfigMap holds whole.
    PART = /\A(?<name>.+\.tar\.gz)\.(?<number>\d{3})\z/

    # The archive in `directory`: whole, or in parts (NAME.tar.gz.000 and on) that are joined in `joined_in`. Raises PROFILE_NOT_FOUND where there is
    # none or a part is missing, PROFILE_INVALID where there is more than one. `wanted` (a digest) says whether the last part is there.
    def self.find(directory, wanted, joined_in: "/work/archive")
      files = Dir.children(directory).select { |name| File.file?("#{directory}/#{name}") }.sort
      parts = files.grep(PART)
      names = (files.grep(/\.tar\.gz\z/) + parts.map { |part| part[PART, :name] }).uniq
      raise Failure.new("PROFILE_NOT_FOUND", "there is no profile archive (*.tar.gz) in the pod") if names.empty?
      raise Failure.new("PROFILE_INVALID", "more than one profile archive: #{names.join(', ')}") if names.size > 1
      return new("#{directory}/#{names.first}") if parts.empty?

      raise Failure.new("PROFILE_INVALID", "the archive #{names.first} is there whole and in parts") if files.include?(names.first)
      raise Failure.new("PROFILE_INVALID", "an archive in parts is taken only with its digest: without it, nobody could tell that parts are missing") unless wanted

      join(directory, parts, "#{joined_in}/#{names.first}")
    end

    # The parts in order, as one file that appears only when it is whole.
    def self.join(directory, parts, path)
      missing = (0...parts.size).find { |number| parts[number][PART, :number].to_i != number }
      raise Failure.new("PROFILE_NOT_FOUND", format("part %03d of the profile archive is not in the pod", missing)) if missing

      FileUtils.mkdir_p(File.dirname(path))
      File.open("#{path}.tmp", "wb") { |file| parts.each { |part| IO.copy_stream("#{directory}/#{part}", file) } }
      File.rename("#{path}.tmp", path)
      new(path)
    end
    private_class_method :join

    def initialize(path)
      @path = path
    end

    # `sha256:` and 64 hex digits over the bytes of the archive.
    def digest
      @digest ||= "sha256:#{Digest::SHA256.file(path).hexdigest}"
    end

    # Raises PROFILE_INVALID for an archive that is not the one that was asked for, or that the auditor could not run.
    def check(wanted_digest)
      check_digest(wanted_digest)
      check_content
    end

    def check_digest(wanted)
      invalid("the archive is not the one that was asked for: its digest is #{digest}") if wanted && wanted != digest
    end

    # Reads inspec.yml.
    def check_content
      names = read_archive
      invalid("the archive holds no inspec.yml") unless @metadata_text
      take_metadata
      return if @depends.empty? || names.any? { |name| name.include?("/vendor/") || name.start_with?("vendor/") }

      invalid("the profile depends on #{@depends.join(', ')}, and the archive does not hold it: vendor it before packing (inspec vendor)")
    end

    # Where the auditor is too old for the profile, it would end with no report and few words.
    def check_version(auditor)
      return if inspec_version.nil? || Gem::Requirement.new(inspec_version.split(",").map(&:strip)).satisfied_by?(Gem::Version.new(auditor))

      invalid("the profile asks for inspec_version #{inspec_version}; this scanner's auditor is #{auditor}, of the last line under Apache-2.0 on RubyGems. " \
              "Use a scanner image built on CINC Auditor (see docs/scanner.md), or a version of the profile for this line")
    rescue ArgumentError => e
      invalid("inspec.yml: inspec_version: #{e.message}")
    end

    def to_receipt
      { name: name, version: version, digest: digest }
    end

    private

    # Names of all entries; keeps the text of the inspec.yml that is nearest to the archive's root, as the auditor does.
    def read_archive
      names = []
      unpacked = 0
      Zlib::GzipReader.open(path) do |gzip|
        Gem::Package::TarReader.new(gzip).each do |entry|
          unpacked += entry.header.size
          invalid("the archive is larger than #{MAX_UNPACKED} bytes unpacked") if unpacked > MAX_UNPACKED
          names << entry.full_name
          invalid("the archive holds more than #{MAX_ENTRIES} entries") if names.size > MAX_ENTRIES
          keep_metadata(entry)
        end
      end
      names
    rescue Zlib::Error, Gem::Package::Error, ArgumentError, NoMethodError => e
      invalid("the archive is no whole .tar.gz: #{e.message}")
    end

    def keep_metadata(entry)
      name = entry.full_name.delete_prefix("./")
      depth = name.count("/")
      return unless entry.file? && File.basename(name) == "inspec.yml" && depth <= 1 && (@depth.nil? || depth < @depth)

      @depth = depth
      @metadata_text = entry.read.to_s.force_encoding("UTF-8")
    end

    def take_metadata
      data = YAML.safe_load(@metadata_text, permitted_classes: [Date, Time, Symbol], aliases: true)
      invalid("inspec.yml is not a map of keys and values") unless data.is_a?(Hash)
      @name = data["name"].to_s
      @version = data["version"].to_s
      @inspec_version = data["inspec_version"]&.to_s
      @depends = Array(data["depends"]).filter_map { |dependency| dependency["name"] if dependency.is_a?(Hash) }
      invalid("inspec.yml has no name") if @name.empty?
    rescue Psych::Exception => e
      invalid("inspec.yml is not valid YAML: #{e.message}")
    end

    def invalid(why)
      raise Failure.new("PROFILE_INVALID", why)
    end
  end
end
