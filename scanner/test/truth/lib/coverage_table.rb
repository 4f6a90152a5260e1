# frozen_string_literal: true

# What the comparison shows of each InSpec resource, as a Markdown table between two marks of a document.
class CoverageTable
  MARKS = ["<!-- from here on written by scanner/test/truth/run --table -->\n", "<!-- up to here -->\n"].freeze
  # Controls whose subject is an answer of `file`, not the resource itself.
  OF_FILE = /\A(?:readable\?|writable\?|executable\?|link|more) /
  ORIGIN = / \((of the node|of the pod|from the image's files: nothing was booted)\)/

  # `controls`: Comparison::Control of each.
  def initialize(controls)
    @resources = controls.group_by { |control| resource(control) }.sort.to_h
  end

  def current?(document)
    File.read(document) == renewed(document)
  end

  def write(document)
    File.write(document, renewed(document))
  end

  private

  def renewed(document)
    before, rest = File.read(document).split(MARKS.first, 2)
    raise "#{document} has no place for the table" unless rest&.include?(MARKS.last)

    [before, MARKS.first, "\n", totals, rows, "\n", MARKS.last, rest.split(MARKS.last, 2).last].join
  end

  def totals
    all = @resources.values.flatten
    undecided = all.count(&:undecided?)
    "#{all.size} controls of #{@resources.size} resources: #{all.count(&:same?)} the same, #{all.size - undecided - all.count(&:same?)} different, " \
      "#{undecided} undecided; #{format('%.1f', 100.0 * (all.size - undecided) / all.size)} % decided.\n\n"
  end

  def rows
    head = "| resource | coverage | controls | the same | with a value | undecided | whose facts | what is not the same, and why |\n|---|---|---:|---:|---:|---:|---|---|\n"
    head + @resources.map { |name, controls| row(name, controls) }.join
  end

  def row(name, controls)
    counts = [controls.size, controls.count(&:same?), controls.count { |control| control.same? && control.value? }, controls.count(&:undecided?)]
    origin = controls.flat_map(&:descriptions).filter_map { |text| text[ORIGIN, 1] }.first || "the container's"
    "| #{["`#{name}`", coverage(controls), *counts, origin, remarks(name, controls)].join(' | ')} |\n"
  end

  def coverage(controls)
    return "refused" if controls.all?(&:undecided?)
    return controls.any?(&:value?) ? "full" : "nothing to read" if controls.all?(&:same?)

    controls.all? { |control| !control.undecided? && control.properties.size == control.results } ? "otherwise" : "partial"
  end

  def remarks(name, controls)
    controls.reject(&:same?).group_by(&:reason).map do |reason, some|
      "#{reason}: #{some.map { |control| shown(name, control) }.join(', ')}"
    end.join("; ")
  end

  # The control, what of it is not the same if not all, and the programs that were refused.
  def shown(name, control)
    id = control.id.sub(/\A(?:line:|#{name}) /, "").gsub("|", "\\|")
    details = [*(control.properties unless control.properties.size == control.results), *control.programs]
    "`#{id}`#{" (#{details.map { |detail| "`#{detail}`" }.join(', ')})" if details.any?}"
  end

  def resource(control)
    name = control.resource_class || (control.id.match?(OF_FILE) ? "file" : control.id[/\A\w+/])
    raise "the control #{control.id} names no resource" unless name&.match?(/\A[a-z][a-z0-9_]*\z/)

    name
  end
end
