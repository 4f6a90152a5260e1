# frozen_string_literal: true

module Sidescan
  # One systemd unit: its file, its drop-ins, and what they say.
  class UnitFile
    attr_reader :name, :path

    def initialize(root, name, path)
      @root = root
      @name = name
      @path = path
    end

    # A link to /dev/null, or an empty file.
    def masked?
      @root.realpath(path) == "/dev/null" || @root.readlink(path) == "/dev/null" || (@root.stat(path)&.file? && @root.stat(path).size.zero?)
    end

    # The unit file behind a link: `sshd.service` is `ssh.service`.
    def canonical_name
      template? ? name : ::File.basename(@root.realpath(path) || path)
    end

    # True if it is an instance such as getty@tty1.service of a template's file.
    def template?
      ::File.basename(path) != name
    end

    # A link to a file that is in none of systemd's folders.
    def linked?
      target = @root.readlink(path)
      !target.nil? && target.start_with?("/") && !target.match?(%r{\A(?:/usr)?(?:/local)?/lib/systemd/system/|\A/(?:etc|run)/systemd/system/})
    end

    def text
      @root.read(path)
    end

    def install_rules?
      %w[WantedBy RequiredBy Alias UpheldBy].any? { |key| !value("Install", key).to_s.empty? } || !value("Install", "DefaultInstance").nil?
    end

    def also?
      !value("Install", "Also").to_s.empty?
    end

    # The last value of a key in a section, drop-ins included; nil where it is not set.
    def value(section, key)
      values(section, key).last
    end

    # All values; an empty one takes back those before it.
    def values(section, key)
      assignments.select { |part, name, _value| part == section && name == key }.map(&:last)
                 .each_with_object([]) { |value, list| value.empty? ? list.clear : list.push(value) }
    end

    private

    def assignments
      @assignments ||= [text, *drop_ins].compact.flat_map { |content| parse(content) }
    end

    def drop_ins
      folders = %w[/usr/lib/systemd/system /run/systemd/system /etc/systemd/system].map { |folder| "#{folder}/#{name}.d" }
      files = folders.flat_map { |folder| (@root.children(folder) || []).grep(/\.conf\z/).map { |file| [file, "#{folder}/#{file}"] } }
      files.to_h.sort.map { |_file, full| @root.read(full) } # a later folder hides a file of the same name
    end

    def parse(content)
      section = nil
      content.scrub.gsub(/\\\n/, " ").lines.map(&:strip).filter_map do |line|
        next if line.empty? || line.start_with?("#", ";")

        section = line[1..-2] if line.start_with?("[")
        key, value = line.split("=", 2)
        [section, key.strip, value.strip] if value
      end
    end
  end
end
