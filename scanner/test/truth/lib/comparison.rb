# frozen_string_literal: true

require "yaml"

# Two reports of the same profile, control by control.
class Comparison
  # What must differ between two processes and says nothing about the target: addresses of objects, class names of the transports,
  # the mark of facts that are not the container's own, and text that the local transport does not tag as UTF-8.
  NOISE = [
    [/0x\h+/, "0x"], [/Train::Transports::Local::Connection|Sidescan::Connection/, "connection"], [/@__resource_name__=[:"]\w+"?/, "name"],
    [/ \((?:of the node|of the pod|from the image's files: nothing was booted)\)/, ""], ["\\xE2\\x80\\x98", "‘"], ["\\xE2\\x80\\x99", "’"]
  ].freeze
  UNDECIDED = /Command not run in the target|Cannot be looked at in the target/

  def initialize(inside, beside, known)
    @inside = controls(inside)
    @beside = controls(beside)
    @known = known ? YAML.safe_load_file(known).flat_map { |reason, patterns| patterns.map { |pattern| [/\A(?:#{pattern})\z/, reason] } } : []
    @different = (@inside.keys | @beside.keys).reject { |id| facts(@inside[id]) == facts(@beside[id]) }
  end

  # True if what differs is what known.yml says, no more and no less.
  def as_known?
    unknown.empty? && idle.empty?
  end

  def print
    undecided, other = @different.partition { |id| undecided?(id) }
    puts "Undecided, an error of the control with its reason:", undecided.map { |id| "  #{id}: #{reason(id)}" }
    puts "Different, known:", (other - unknown).map { |id| "  #{id}: #{reason(id)}" }
    puts "Different, NOT known:", unknown.map { |id| "  #{id}\n#{details(id)}" } if unknown.any?
    puts "Known but no longer different:", idle.map { |pattern| "  #{pattern.source}" } if idle.any?
    total = (@inside.keys | @beside.keys).size
    puts format("%<total>d controls: %<same>d the same, %<other>d different, %<undecided>d undecided; decided %<share>.1f %%",
                total: total, same: total - @different.size, other: other.size, undecided: undecided.size, share: 100.0 * (total - undecided.size) / total)
  end

  private

  def controls(report)
    report["profiles"].flat_map { |profile| profile["controls"] }.to_h { |control| [control["id"], control["results"]] }
  end

  def facts(results)
    Array(results).map { |result| result.values_at("status", "code_desc", "message", "skip_message").map { |text| plain(text.to_s) } }
  end

  def plain(text)
    NOISE.inject(text) { |clean, (noise, instead)| clean.gsub(noise, instead) }
  end

  def undecided?(id)
    Array(@beside[id]).any? { |result| result["message"].to_s.match?(UNDECIDED) }
  end

  def unknown
    @different.reject { |id| @known.any? { |pattern, _reason| pattern.match?(id) } }
  end

  def idle
    @known.map(&:first).reject { |pattern| @different.any? { |id| pattern.match?(id) } }
  end

  def reason(id)
    @known.find { |pattern, _reason| pattern.match?(id) }&.last || @beside.fetch(id, []).filter_map { |result| result["message"] }.grep(UNDECIDED).first.to_s[0, 160]
  end

  def details(id)
    pairs = facts(@inside[id]).zip(facts(@beside[id])).reject { |inside, beside| inside == beside }.first(3)
    pairs.map { |inside, beside| "    inside: #{inside.inspect[0, 400]}\n    beside: #{beside.inspect[0, 400]}" }.join("\n")
  end
end
