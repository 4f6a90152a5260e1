# frozen_string_literal: true

require "sidescan/process_list"
require "sidescan/undecided"
require "sidescan/unit_files"

module Sidescan
  module Answers
    # `systemctl` as a booted system would answer it, from the image's unit files; what runs, from the container's processes.
    class Services
      UNIT = /[A-Za-z0-9:_.@\\-]+/
      GOOD = %w[enabled enabled-runtime static alias indirect generated].freeze
      NO_SYSTEMD = "there is no systemd in this image, so it has no services"
      NO_SCRIPTS = "there are no init scripts in this image, so it has no services"

      def initialize(root, _accounts)
        @units = UnitFiles.new(root)
        @root = root
        @processes = ProcessList.new(root.pid)
      end

      def answer(command)
        case command
        when /\A(?:\S*\/)?systemctl (?:--quiet )?is-enabled (#{UNIT})( --quiet)?\z/ then systemd { enabled(Regexp.last_match(1), Regexp.last_match(2)) }
        when /\A(?:\S*\/)?systemctl (?:--quiet )?is-active (#{UNIT})( --quiet)?\z/ then systemd { active(Regexp.last_match(1), Regexp.last_match(2)) }
        when /\A(?:\S*\/)?systemctl show --no-pager --all (#{UNIT})\z/ then systemd { show(Regexp.last_match(1)) }
        when %r{\A(?:\S*/)?service (#{UNIT}) status\z} then status(Regexp.last_match(1))
        end
      end

      private

      def systemd
        raise CommandRefused, "#{CommandRefused::MARK} (systemctl): #{NO_SYSTEMD}" unless @units.present?

        yield
      end

      def enabled(asked, quiet)
        name = @units.full_name(asked)
        state = @units.state(name) || sysv_state(name)
        return ["", 1, "Failed to get unit file state for #{name}: No such file or directory\n"] unless state

        [quiet ? "" : "#{state}\n", GOOD.include?(state) ? 0 : 1]
      end

      def active(asked, quiet)
        state = running?(@units.full_name(asked)) ? "active" : "inactive"
        [quiet ? "" : "#{state}\n", state == "active" ? 0 : 3]
      end

      # What the auditor's resource reads of it; a booted systemd prints some two hundred properties more.
      def show(asked)
        name = @units.full_name(asked)
        unit = @units.find(name)
        return [lines(missing(name))] if unit.nil? || (!unit.masked? && unit.text.nil?)

        [lines(unit.masked? ? masked(name, unit) : loaded(name, unit))]
      end

      def missing(name)
        return sysv(name) if sysv_state(name)

        { "Id" => name, "Names" => name, "Description" => name, "LoadState" => "not-found", "ActiveState" => "inactive", "SubState" => "dead" }
      end

      def sysv(name)
        { "Id" => name, "Names" => name, "Description" => "LSB: #{name.delete_suffix('.service')}", "LoadState" => "loaded",
          "ActiveState" => running?(name) ? "active" : "inactive", "UnitFileState" => "generated", "SourcePath" => init_script(name) }
      end

      def masked(name, unit)
        { "Id" => name, "Names" => name, "Description" => name, "LoadState" => "masked", "ActiveState" => "inactive", "SubState" => "dead",
          "FragmentPath" => unit.path, "UnitFileState" => "masked" }
      end

      def loaded(name, unit)
        active = running?(name)
        { "Type" => unit.value("Service", "Type") || "simple", "Restart" => unit.value("Service", "Restart") || "no",
          "User" => unit.value("Service", "User"), "Group" => unit.value("Service", "Group"), "Id" => unit.canonical_name,
          "Names" => [unit.canonical_name, name].uniq.join(" "), "Description" => unit.value("Unit", "Description") || unit.canonical_name,
          "LoadState" => "loaded", "ActiveState" => active ? "active" : "inactive", "SubState" => active ? "running" : "dead",
          "FragmentPath" => @root.realpath(unit.path), "UnitFileState" => @units.state(unit.canonical_name) }.compact
      end

      def lines(properties)
        properties.map { |key, value| "#{key}=#{value}\n" }.join
      end

      # A process of the container whose program is the one that the unit starts.
      def running?(name)
        program = @units.find(name)&.values("Service", "ExecStart")&.last&.then { |line| line.sub(/\A[-@:+!|]+/, "").split.first }
        return false unless program&.start_with?("/")

        wanted = @root.realpath(program) || program
        @processes.entries.any? { |process| [program, wanted].include?(process.command.split.first.to_s.delete_suffix(":")) || executes?(process.pid, wanted) }
      end

      def executes?(pid, program)
        ::File.readlink("/proc/#{pid}/exe") == program
      rescue SystemCallError
        false
      end

      def init_script(name)
        path = "/etc/init.d/#{name.delete_suffix('.service')}"
        path if @root.executable?(path)
      end

      # systemd's generator makes a unit of every init script that has none.
      def sysv_state(name)
        return nil unless name.end_with?(".service") && init_script(name)

        base = name.delete_suffix(".service")
        linked = %w[2 3 4 5].any? { |level| (@root.children("/etc/rc#{level}.d") || []).any? { |entry| entry.match?(/\AS\d\d#{Regexp.escape(base)}\z/) } }
        linked ? "enabled" : "disabled"
      end

      # `service NAME status`: 0 where it runs, 3 where it does not, 1 where there is no such service.
      def status(asked)
        raise CommandRefused, "#{CommandRefused::MARK} (service): #{NO_SCRIPTS}" unless @root.stat("/etc/init.d") || @units.present?

        name = @units.full_name(asked)
        return ["", 1, "#{asked}: unrecognized service\n"] unless init_script(name) || @units.find(name)

        running?(name) ? ["#{asked} is running.\n", 0] : ["#{asked} is not running ... failed!\n", 3]
      end
    end
  end
end
