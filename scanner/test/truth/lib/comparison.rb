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
  # What resources say that look for their program first and do not find it.
  LACKING = /\A(?:Could not find `|Command `[^`]*` does not exist)/

  # One control in both reports. `known`: why it may differ, or nil where known.yml does not name it.
  Control = Struct.new(:id, :inside, :beside, :known) do
    def same?
      facts(inside) == facts(beside)
    end

    def undecided?
      !undecided.nil?
    end

    # What the first test says that is undecided, or nil. Not to find the program is an answer where the auditor inside does not find it either.
    def undecided
      messages.find { |text| text.match?(UNDECIDED) } || (messages.grep(LACKING).first unless same?)
    end

    def reason
      known || undecided.to_s[0, 160]
    end

    # True if the auditor inside read something: its test shows a value that is more than an absence.
    def value?
      inside.any? { |result| result["message"].to_s.match?(/^ *got: (?!(?:nil|false|0|\[\]|\{\}|"")$)/) }
    end

    def resource_class
      beside.filter_map { |result| result["resource_class"] }.find { |name| name.match?(/\A[a-z]/) }
    end

    def descriptions
      beside.map { |result| result["code_desc"].to_s }
    end

    def results
      [inside.size, beside.size].max
    end

    # The properties that are not the same.
    def properties
      different.map { |description, _| description.delete_suffix(" is expected to eq :value").split.last }
    end

    # The programs that were refused.
    def programs
      messages.filter_map { |text| text[/Command not run in the target \(([^)]+)\)/, 1] }.uniq
    end

    def details
      different.first(3).map { |_, old, new| "    inside: #{old.inspect[0, 400]}\n    beside: #{new.inspect[0, 400]}" }.join("\n")
    end

    private

    def different
      pairs = Array.new(results) { |index| [facts(inside)[index], facts(beside)[index]] }
      pairs.zip(descriptions).reject { |(old, new), _| old == new }.map { |(old, new), description| [description.to_s, old, new] }
    end

    def messages
      beside.map { |result| result["message"].to_s }
    end

    def facts(results)
      results.map { |result| result.values_at("status", "code_desc", "message", "skip_message").map { |text| plain(text.to_s) } }
    end

    def plain(text)
      NOISE.inject(text) { |clean, (noise, instead)| clean.gsub(noise, instead) }
    end
  end

  attr_reader :controls

  def initialize(inside, beside, known)
    @known = known ? YAML.safe_load_file(known).flat_map { |reason, patterns| patterns.map { |pattern| [/\A(?:#{pattern})\z/, reason] } } : []
    inside = results(inside)
    beside = results(beside)
    @controls = (inside.keys | beside.keys).map { |id| Control.new(id, inside.fetch(id, []), beside.fetch(id, []), known(id)) }
    @different = @controls.reject(&:same?)
  end

  # Controls that are the same, or differ as known.yml says.
  def passed
    @controls.size - unknown.size
  end

  # Controls that differ and are not named, and names of what no longer differs.
  def failed
    unknown.size + idle.size
  end

  def print
    undecided, other = @different.partition(&:undecided?)
    puts "Undecided, an error of the control with its reason:", undecided.map { |control| "  #{control.id}: #{control.reason}" }
    puts "Different, known:", (other - unknown).map { |control| "  #{control.id}: #{control.reason}" }
    puts "Different, NOT known:", unknown.map { |control| "  #{control.id}\n#{control.details}" } if unknown.any?
    puts "Known but no longer different:", idle.map { |pattern| "  #{pattern.source}" } if idle.any?
    total = @controls.size
    puts format("%<total>d controls: %<same>d the same, %<other>d different, %<undecided>d undecided; decided %<share>.1f %%",
                total: total, same: total - @different.size, other: other.size, undecided: undecided.size, share: 100.0 * (total - undecided.size) / total)
  end

  private

  def results(report)
    report["profiles"].flat_map { |profile| profile["controls"] }.to_h { |control| [control["id"], Array(control["results"])] }
  end

  def known(id)
    @known.find { |pattern, _reason| pattern.match?(id) }&.last
  end

  def unknown
    @unknown ||= @different.reject(&:known)
  end

  def idle
    @idle ||= @known.map(&:first).reject { |pattern| @different.any? { |control| pattern.match?(control.id) } }
  end
end
