# frozen_string_literal: true

require "json"
require "shellwords"
require "uri"

module Sidescan
  # Takes the values of sensitive inputs out of whatever leaves the pod.
  class Redaction
    MASK = "***"
    # Shorter texts are in many words: masking them would damage the report. The service refuses sensitive values that are shorter.
    MIN_LENGTH = 6
    # So much of the begin of a longer text is taken for it: the auditor cuts names of resources.
    HEAD = 16
    # Words of the auditor, never text of a profile: masked, a failed control would no longer count as one.
    KEPT_KEYS = %w[status sha256].freeze

    # `values`: of the sensitive inputs, as parsed from JSON.
    def initialize(values)
      texts = values.flat_map { |value| leaves(value) }.flat_map { |text| forms(text) }
      @pattern = Regexp.union(texts.uniq.sort_by { |text| -text.length }) unless texts.empty?
      @long = texts.select { |text| text.length > HEAD }.uniq
    end

    # False where there is nothing to hide.
    def any?
      !@pattern.nil?
    end

    # The same value with every sensitive text in it replaced, keys included.
    def of(value)
      return value unless @pattern

      case value
      when Hash then value.to_h { |key, item| [of(key), KEPT_KEYS.include?(key.to_s) ? item : of(item)] }
      when Array then value.map { |item| of(item) }
      when String then text(value)
      when Symbol then text(value.name).to_sym
      else value
      end
    end

    private

    def text(string)
      string = string.dup.force_encoding(Encoding::UTF_8).scrub unless string.encoding == Encoding::UTF_8 && string.valid_encoding?
      string = string.gsub(@pattern, MASK) if string.match?(@pattern)
      @long.reduce(string) { |rest, long| rest.include?(long[0, HEAD]) ? without_begins(rest, long) : rest }
    end

    # Masks every begin of the long text that is at least HEAD characters.
    def without_begins(string, long)
      at = 0
      while (at = string.index(long[0, HEAD], at))
        length = HEAD
        length += 1 while length < long.length && string[at + length] == long[length]
        string = string[0, at] + MASK + string[at + length..]
        at += MASK.length
      end
      string
    end

    def leaves(value)
      case value
      when Hash then value.values.flat_map { |item| leaves(item) }
      when Array then value.flat_map { |item| leaves(item) }
      when String, Numeric then [value.to_s]
      else []
      end
    end

    # How a text may stand in a message: as it is, quoted by Ruby, JSON, a shell or a URL, in base64, and line by line.
    def forms(text)
      [text, *text.lines.map(&:strip)].select { |part| part.length >= MIN_LENGTH }.uniq.flat_map do |part|
        [part, part.inspect[1..-2], JSON.generate(part)[1..-2], Shellwords.escape(part), URI.encode_www_form_component(part), [part].pack("m0")]
      end
    end
  end
end
