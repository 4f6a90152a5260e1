# frozen_string_literal: true

require "yaml"

# What a target must answer, control by control, as its recipe makes it: a file of names (regular expressions over the whole id) and answers.
#
#   as the twin:                     the same, test by test, as the auditor inside the Debian target, whose very files these are
#     - 'passwd.*'
#   answers:                         each test: what it shows; passed or failed where it asks; or `error: …`, `skipped: …` with a part of what it says
#     'package bash': {installed?: 'false', latest?: 'error: /usr/bin/apt'}
#     'service .*': 'error: no systemd'
#
# An answer between slashes is a regular expression, `twin` is the answer of the same test of the twin, `'*'` all tests without one. Every control must be named once, every name must be of a control.
class ExpectedAnswers
  TWIN = "as the twin"
  SAID = /\A(error|skipped|raised): (.*)/m

  attr_reader :controls

  # `controls`: Comparison::Control of each; inside is the twin's answer, and empty where there is none.
  def initialize(file, controls)
    entries = YAML.safe_load_file(file)
    @names = (entries[TWIN] || []).to_h { |name| [/\A(?:#{name})\z/, TWIN] }.merge((entries["answers"] || {}).transform_keys { |name| /\A(?:#{name})\z/ })
    @controls = controls
  end

  # Controls that answer as they must.
  def passed
    controls.size - wrong.size
  end

  # Controls that do not, and names of none.
  def failed
    wrong.size + idle.size
  end

  def print(target)
    puts "#{target}, NOT as its recipe makes it:", wrong.map { |id, faults| "  #{id}\n#{faults.map { |fault| "    #{fault}" }.join("\n")}" } if wrong.any?
    puts "#{target}, names of no control:", idle.map { |name| "  #{name.source}" } if idle.any?
    undecided = controls.count(&:undecided?)
    puts format("%<target>s: %<total>d controls: %<passed>d as the recipe makes them, %<undecided>d of them undecided, each as an error; decided %<share>.1f %%",
                target: target, total: controls.size, passed: passed, undecided: undecided, share: 100.0 * (controls.size - undecided) / controls.size)
  end

  private

  def wrong
    @wrong ||= controls.to_h { |control| [control.id, faults(control)] }.reject { |_id, faults| faults.empty? }
  end

  def idle
    @names.keys.reject { |name| controls.any? { |control| name.match?(control.id) } }
  end

  def faults(control)
    named = @names.select { |name, _| name.match?(control.id) }.values
    return ["named #{named.size} times"] unless named.size == 1
    return ["has no result"] if control.beside.empty?
    return control.same? ? [] : [control.details] if named.first == TWIN

    unknown = named.first.is_a?(Hash) ? named.first.keys - control.beside.map { |result| property(result) } - ["*"] : []
    unknown.map { |name| "has no test of #{name}" } + control.beside.each_index.filter_map { |index| fault(control, index, named.first) }
  end

  def fault(control, index, answers)
    result = control.beside[index]
    wanted = answers.is_a?(Hash) ? answers.fetch(property(result)) { answers.fetch("*", "an answer") } : answers
    wanted = shown(control.inside[index] || {}) if wanted == "twin"
    answer = shown(result)
    "#{property(result)}: #{answer[0, 400]}, not #{wanted.inspect}" unless fits?(answer, wanted.to_s)
  end

  def fits?(answer, wanted)
    return answer.match?(Regexp.new(wanted[1..-2])) if wanted.match?(%r{\A/.*/\z})

    kind, part = wanted.match(SAID)&.captures
    kind ? answer.start_with?("#{kind}: ") && answer.include?(part) : answer == wanted
  end

  def property(result)
    result["code_desc"].to_s.delete_suffix(" is expected to eq :value").split.last
  end

  # What a test says, in one text.
  def shown(result)
    message = result["message"].to_s
    return "skipped: #{result['skip_message']}" if result["status"] == "skipped"
    return "error: #{message}" if message.match?(Comparison::UNDECIDED)
    return result["status"] unless message.include?("expected: :value") || result["backtrace"]

    message[/^ *got: (.*)$/, 1] || "raised: #{message}"
  end
end
