# frozen_string_literal: true

require "digest"
require "json"
require "sidescan/failure"
require "sidescan/redaction"

module Sidescan
  # What the caller gave for the profile: inputs, sensitive ones apart from the others, and waivers (docs/scan-pod.md).
  class Given
    INPUTS = "inputs.json"
    SENSITIVE = "sensitive.json"
    WAIVERS = "waivers.json"
    # Makes the digest, which everybody in the pod can see, one from which no sensitive value can be guessed.
    NONCE = "nonce"
    NAMES = [INPUTS, NONCE, SENSITIVE, WAIVERS].freeze
    OF_THE_AUDITOR = [INPUTS, SENSITIVE, WAIVERS].freeze

    # What is in `folder`. Raises INPUTS_NOT_DELIVERED unless it is what `wanted` (a digest, or nil for nothing) says.
    def self.find(folder, wanted)
      return new(folder, {}) unless wanted

      texts = NAMES.to_h { |name| [name, read("#{folder}/#{name}")] }.compact
      missing("there are no inputs and waivers in the pod") if texts.empty?
      found = digest(texts)
      missing("the inputs and waivers are not those that were asked for: their digest is #{found}") unless found == wanted
      new(folder, texts)
    end

    # `sha256:` and 64 hex digits over the lines of `sha256sum inputs.json nonce sensitive.json waivers.json`, as many of them as there are.
    def self.digest(texts)
      lines = texts.sort.map { |name, text| "#{Digest::SHA256.hexdigest(text)}  #{name}\n" }
      "sha256:#{Digest::SHA256.hexdigest(lines.join)}"
    end

    def self.read(path)
      File.binread(path)
    rescue Errno::ENOENT
      nil
    rescue SystemCallError => e
      missing("the inputs and waivers cannot be read: #{e.message}")
    end

    def self.missing(why)
      raise Failure.new("INPUTS_NOT_DELIVERED", why)
    end
    private_class_method :read, :missing

    def initialize(folder, texts)
      @folder = folder
      @texts = texts
      @maps = texts.slice(*OF_THE_AUDITOR).to_h { |name, text| [name, map_of(name, text)] }
    end

    # Arguments of the auditor. A waiver file goes with any input: without one, an input named like a control would waive it.
    def arguments
      return [] if @texts.empty?

      inputs = [INPUTS, SENSITIVE].select { |name| @texts.key?(name) }.map { |name| "#{@folder}/#{name}" }
      inputs.empty? ? waivers : ["--input-file", *inputs, *waivers]
    end

    # Folder and digest: from them another process finds the same.
    def place
      [@folder, @texts.empty? ? nil : Given.digest(@texts)]
    end

    # Names of the sensitive inputs.
    def sensitive
      @maps.fetch(SENSITIVE, {}).keys
    end

    def redaction
      @redaction ||= Redaction.new(@maps.fetch(SENSITIVE, {}).values)
    end

    # nil where nothing was given.
    def to_receipt
      return nil if @texts.empty?

      { digest: place.last, inputs: @maps.fetch(INPUTS, {}).size, sensitive: sensitive.size, waivers: @maps.fetch(WAIVERS, {}).size }
    end

    private

    def waivers
      ["--waiver-file", "#{@folder}/#{WAIVERS}"]
    end

    # Never says what is in the file: it may be a secret.
    def map_of(name, text)
      map = JSON.parse(text.dup.force_encoding("UTF-8"))
      map.is_a?(Hash) ? map : raise(JSON::ParserError)
    rescue JSON::ParserError, EncodingError
      raise Failure.new("INPUTS_NOT_DELIVERED", "#{name} is not a JSON object")
    end
  end
end
