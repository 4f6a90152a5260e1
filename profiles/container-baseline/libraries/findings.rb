# frozen_string_literal: true

# What a check found, worked out when the test runs: an error then belongs to its own control, not to the whole file.
class Findings
  SHOWN = 25

  def initialize(title, &search)
    @title = title
    @search = search
  end

  # The findings as readable lines; the first 25, and how many more there are.
  def found
    @found ||= cut(@search.call.map { |line| Findings.printable(line) }.uniq.sort)
  end

  def to_s
    @title
  end

  # A path or any bytes of the target as text that is safe in a report: what is not UTF-8 or is a control character shows as \xNN.
  def self.printable(bytes)
    text = bytes.to_s.dup.force_encoding(Encoding::UTF_8)
    text = text.scrub { |bad| bad.bytes.map { |byte| format('\\x%02X', byte) }.join }
    text.gsub(/[[:cntrl:]]/) { |char| char.bytes.map { |byte| format('\\x%02X', byte) }.join }
  end

  private

  def cut(lines)
    return lines if lines.length <= SHOWN

    lines.first(SHOWN) + ["and #{lines.length - SHOWN} more"]
  end
end
