# frozen_string_literal: true

module Sidescan
  # Debian's package database: /var/lib/dpkg/status, and the fragments in status.d that distroless images have instead.
  class DpkgDatabase
    STATUS = "/var/lib/dpkg/status"
    FRAGMENTS = "/var/lib/dpkg/status.d"

    def initialize(root)
      @root = root
    end

    # The stanza of a package, `name` or `name:architecture`; nil where the database does not know it.
    def stanza(name)
      plain, architecture = name.split(":", 2)
      stanzas.fetch(plain, []).find { |text| architecture.nil? || text[/^Architecture: (.+)$/, 1] == architecture }
    end

    # All stanzas, in the order of the database.
    def all
      stanzas.values.flatten
    end

    def present?
      [STATUS, FRAGMENTS].any? { |path| @root.stat(path) }
    end

    # True if the target is distroless: fragments and no status file.
    def only_fragments?
      @root.stat(STATUS).nil? && !@root.stat(FRAGMENTS).nil?
    end

    private

    def stanzas
      @stanzas ||= texts.flat_map { |text| text.scrub.split(/\n{2,}/) }.map(&:strip).reject(&:empty?)
                        .map { |text| with_status(text) }.group_by { |text| text[/^Package: (\S+)/, 1] }
    end

    def texts
      fragments = (@root.children(FRAGMENTS) || []).reject { |name| name.end_with?(".md5sums") }
      [@root.read(STATUS), *fragments.map { |name| @root.read("#{FRAGMENTS}/#{name}") }].compact
    end

    # A fragment says nothing of its state: that it is there means installed.
    def with_status(text)
      text.match?(/^Status:/) ? text : text.sub(/^(Package: .*)$/, "\\1\nStatus: install ok installed")
    end
  end
end
