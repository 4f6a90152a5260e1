# frozen_string_literal: true

require_relative "written_part"

# What the comparison shows of each InSpec resource, as a Markdown table between two marks of a document.
class CoverageTable
  include WrittenPart

  MARKS = ["<!-- from here on written by scanner/test/truth/run --table -->\n", "<!-- up to here -->\n"].freeze
  # Controls whose subject is an answer of `file`, not the resource itself.
  OF_FILE = /\A(?:readable\?|writable\?|executable\?|link|more) /
  ORIGIN = / \((of the node|of the pod|from the image's files: nothing was booted)\)/
  REFUSED = /Command not run in the target \(([^)]*)\): (?:(?!there)\S+ (?=is ))?(.*?)(?:\. Command: .*)?\z/m
  # Resources that must have a row; and names under which they are looked for too.
  NEEDED = %w[file directory passwd shadow etc_group group groups user users os os_env package packages command bash processes port mount etc_fstab
              kernel_parameter kernel_module service systemd_service sshd_config ssh_config login_defs limits_conf pam auditd auditd_conf crontab cron
              ini json yaml xml toml csv parse_config parse_config_file apt yum gem pip npm nginx_conf apache_conf postgres_conf postgres_hba_conf
              mysql_conf inetd_conf ntp_conf x509_certificate key_rsa].freeze
  ALSO = { "passwd" => "etc_passwd", "shadow" => "etc_shadow" }.freeze
  NOTES = { "pam" => "no resource of the auditor: `/etc/pam.d` is read with `file`, `parse_config_file` and `command`" }.freeze
  HEAD = "| resource | Debian | controls | the same | with a value | undecided | distroless | undecided | whose facts | Debian: what is not the same, and why | " \
         "distroless: what is undecided, and why |\n|---|---|---:|---:|---:|---:|---|---:|---|---|---|\n"

  # `controls`: Comparison::Control of each on Debian; `distroless`: the same ones there, whose answers were checked.
  def initialize(controls, distroless)
    @resources = controls.group_by { |control| resource(control) }.sort.to_h
    @distroless = distroless.to_h { |control| [control.id, control] }
    missing = NEEDED - @resources.keys
    raise "no control asks #{missing.join(', ')}" unless missing.empty?
  end

  private

  def marks
    MARKS
  end

  def text
    [totals, HEAD, *@resources.map { |name, controls| row(name, controls) }].join
  end

  def totals
    all = @resources.values.flatten
    undecided = all.count(&:undecided?)
    there = @distroless.values
    "#{all.size} controls of #{@resources.size} resources. Debian: #{all.count(&:same?)} the same, #{all.size - undecided - all.count(&:same?)} different, #{undecided} undecided; " \
      "#{share(all)} % decided. Distroless: #{there.count(&:undecided?)} undecided, all others answered as the recipe makes them; #{share(there)} % decided.\n\n"
  end

  def share(controls)
    format("%.1f", 100.0 * (controls.size - controls.count(&:undecided?)) / controls.size)
  end

  def row(name, controls)
    there = @distroless.values_at(*controls.map(&:id))
    counts = [controls.size, controls.count(&:same?), controls.count { |control| control.same? && control.value? }, controls.count(&:undecided?)]
    origin = controls.flat_map(&:descriptions).filter_map { |text| text[ORIGIN, 1] }.first || "the container's"
    names = [name, ALSO[name]].compact.map { |one| "`#{one}`" }.join(", ")
    why = [NOTES[name], remarks(name, controls)].compact.reject(&:empty?).join("; ")
    "| #{[names, coverage(controls), *counts, decided(there), there.count(&:undecided?), origin, why, refusals(name, there)].join(' | ')} |\n"
  end

  def coverage(controls)
    return "refused" if controls.all?(&:undecided?)
    return controls.any?(&:value?) ? "full" : "nothing to read" if controls.all?(&:same?)

    controls.all? { |control| !control.undecided? && control.properties.size == control.results } ? "otherwise" : "partial"
  end

  def decided(controls)
    return "refused" if controls.all?(&:undecided?)

    controls.any?(&:undecided?) ? "partial" : "full"
  end

  def remarks(name, controls)
    controls.reject(&:same?).group_by(&:reason).map do |reason, some|
      "#{reason}: #{some.map { |control| shown(name, control) }.join(', ')}"
    end.join("; ")
  end

  # The control, what of it is not the same if not all, and the programs that were refused.
  def shown(name, control)
    details = [*(control.properties unless control.properties.size == control.results), *control.programs]
    "#{id(name, control)}#{" (#{details.map { |detail| "`#{detail}`" }.join(', ')})" if details.any?}"
  end

  # Why, and of which controls if not of all.
  def refusals(name, controls)
    undecided = controls.select(&:undecided?)
    undecided.group_by { |control| control.undecided[REFUSED, 2] || control.undecided.lines.first.chomp }.map do |why, some|
      programs = some.map { |control| control.undecided[REFUSED, 1] }.compact.uniq.map { |program| "`#{program}`" }.join(", ")
      of = some.map { |control| id(name, control) }.join(", ") unless some.size == controls.size
      ["#{programs} #{why.sub(/\Athere/, ': there')}".strip.sub(" :", ":"), of].compact.join(": ")
    end.join("; ")
  end

  def id(name, control)
    "`#{control.id.sub(/\A(?:line:|question:?(?: #{name})?|#{name}) /, '').gsub('|', '\\|')}`"
  end

  def resource(control)
    id = control.id.delete_prefix("question ")
    name = id[/\Apam(?= )/] || control.resource_class || (id.match?(OF_FILE) ? "file" : id[/\A\w+/])
    raise "the control #{control.id} names no resource" unless name&.match?(/\A[a-z][a-z0-9_]*\z/)

    name
  end
end
