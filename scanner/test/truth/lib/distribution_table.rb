# frozen_string_literal: true

require_relative "written_part"

# What is decided on each kind of target, as a Markdown table between two marks of a document.
class DistributionTable
  include WrittenPart

  MARKS = ["<!-- distributions, written by scanner/test/truth/run --table -->\n", "<!-- up to here: distributions -->\n"].freeze
  MANAGERS = /\A(line|both): (dpkg|rpm|apk)/

  # `targets`: name → ExpectedAnswers, all with the same controls.
  def initialize(targets)
    @targets = targets.transform_values { |answers| answers.controls.group_by { |control| subject(control.id) } }
  end

  private

  def marks
    MARKS
  end

  def text
    names = @targets.keys
    head = ["| | #{names.join(' | ')} |\n", "|---|#{'---|' * names.size}\n"]
    [*head, *@targets.values.first.keys.map { |subject| "| #{subject} | #{names.map { |name| cell(@targets[name].fetch(subject)) }.join(' | ')} |\n" }].join
  end

  def cell(controls)
    return "unsupported" if controls.all? { |control| control.beside.all? { |result| result["status"] == "skipped" } }
    return "refused" if controls.all?(&:undecided?)

    controls.any?(&:undecided?) ? "partial" : "full"
  end

  def subject(id)
    kind, manager = id.match(MANAGERS)&.captures
    return "commands with `#{manager}`#{', by the scanner and by the tools alike' if kind == 'both'}" if kind
    return "other commands" if id.start_with?("line: ", "exist ")

    "`#{id.delete_prefix('question ')[/\A\w+/]}`"
  end
end
