# frozen_string_literal: true

require "sidescan/unit_file"

module Sidescan
  # The systemd units of the target as its files define them, by the rules of unit_file_lookup_state() in systemd's install.c.
  class UnitFiles
    PERSISTENT = "/etc/systemd/system"
    RUNTIME = "/run/systemd/system"
    VENDOR = %w[/usr/local/lib/systemd/system /usr/lib/systemd/system /lib/systemd/system].freeze
    FOLDERS = [PERSISTENT, RUNTIME, *VENDOR].freeze
    PROGRAMS = %w[/usr/lib/systemd/systemd /lib/systemd/systemd /usr/bin/systemctl /bin/systemctl].freeze
    SUFFIX = /\.(?:service|socket|target|device|mount|automount|swap|timer|path|slice|scope)\z/

    def initialize(root)
      @root = root
    end

    # True if the image has systemd at all.
    def present?
      PROGRAMS.any? { |path| @root.executable?(path) }
    end

    # `ssh` is `ssh.service`.
    def full_name(name)
      name.match?(SUFFIX) ? name : "#{name}.service"
    end

    # The UnitFile of a name (of its template for an instance), or nil.
    def find(name)
      path = FOLDERS.map { |folder| "#{folder}/#{name}" }.find { |candidate| @root.stat(candidate, follow: false) } || template_path(name)
      path && UnitFile.new(@root, name, path)
    end

    # As `systemctl is-enabled` prints it; nil where there is no such unit.
    def state(name)
      unit = find(name) or return nil
      return "masked" if unit.masked?
      return nil if unit.text.nil? # a link to nowhere

      links_in(PERSISTENT, name, unit) && "enabled" || links_in(RUNTIME, name, unit) && "enabled-runtime" || without_links(name, unit)
    end

    # Names of all unit files of a type, sorted.
    def names(suffix)
      FOLDERS.flat_map { |folder| @root.children(folder) || [] }.select { |name| name.end_with?(suffix) }.uniq.sort
    end

    private

    def template_path(name)
      return nil unless name.match?(/@[^.]/)

      template = name.sub(/@.*(?=\.\w+\z)/, "@")
      FOLDERS.map { |folder| "#{folder}/#{template}" }.find { |candidate| @root.stat(candidate, follow: false) }
    end

    def without_links(name, unit)
      return "alias" if unit.canonical_name != name && !unit.template?
      return "static" if unit.template? && VENDOR.any? { |folder| links_in(folder, name, unit) }
      return "linked" if unit.linked?
      return "disabled" if unit.install_rules?

      unit.also? ? "indirect" : "static"
    end

    # True if a symlink in the folder, or in a .wants or .requires folder there, starts this very unit.
    def links_in(folder, name, unit)
      (@root.children(folder) || []).any? do |entry|
        path = "#{folder}/#{entry}"
        next wanted?(path, name) if entry.match?(/\.(?:wants|requires|upholds)\z/)

        entry != name && unit.canonical_name == name && @root.readlink(path)&.then { |text| ::File.basename(text) == name }
      end
    end

    def wanted?(folder, name)
      (@root.children(folder) || []).any? do |entry|
        entry == name || @root.readlink("#{folder}/#{entry}")&.then { |text| ::File.basename(text) == name && entry == name }
      end
    end
  end
end
