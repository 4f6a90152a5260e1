# frozen_string_literal: true

require "shellwords"
require "sidescan/undecided"

module Sidescan
  # `sshd_config` and `ssh_config` with their Include lines followed, as OpenSSH follows them; the auditor's own resources read the one file
  # (docs/decisions/0005-include-is-followed.md). A file that includes nothing is read as they read it, to the letter.
  class SshIncludes
    DEPTH = 16 # servconf.c and readconf.c: SERVCONF_MAX_DEPTH, READCONF_MAX_DEPTH
    FOLDER = "/etc/ssh" # where relative names start
    INCLUDE = /\A\s*include(?:\s+|\s*=\s*)(.+?)\s*\z/i
    BLOCK = /\A\s*(?:match|host)\b/i
    FOR_ALL = /\A\s*(?:match\s+all|host\s+\*)\s*\z/i
    # What OpenSSH collects over all lines; of any other keyword the first line counts.
    COLLECTED = %w[port listenaddress hostkey acceptenv sendenv setenv allowusers denyusers allowgroups denygroups subsystem match host include logverbose
                   permitlisten permitopen hostcertificate identityfile certificatefile localforward remoteforward dynamicforward].freeze

    # `read`: path → text or nil; `children`: folder → names or nil. Both raise Undecided for what may not be read.
    def initialize(read, children)
      @read = read
      @children = children
    end

    # The text with what it includes in place, and of each keyword the lines that count; the text itself where nothing is included.
    def expand(text)
      @included = false
      lines = lines_of(text, 0)
      @included ? "#{first_ones(lines).join("\n")}\n" : text
    end

    private

    # Lines, each with whether it is in a block that is not for all.
    def lines_of(text, depth, inside: false)
      raise Unreadable, "the files of Include are nested deeper than #{DEPTH}, which ends sshd and ssh" if depth > DEPTH

      outer = inside
      text.each_line(chomp: true).flat_map do |line|
        inside = outer || !line.b.match?(FOR_ALL) if line.b.match?(BLOCK)
        names = line.b[INCLUDE, 1]
        names ? [[line, inside], *included(names, depth, inside)] : [[line, inside]]
      end
    end

    # A block of an included file ends with that file.
    def included(names, depth, inside)
      Shellwords.split(names.force_encoding("UTF-8")).flat_map { |name| paths(name) }.flat_map do |path|
        text = @read.call(path) or next []
        @included = true
        lines_of(text, depth + 1, inside: inside)
      end
    rescue ArgumentError
      raise Unreadable, "an Include line has quotes that do not end: #{names[0, 200]}"
    end

    # As glob(3): sorted, hidden files only where the pattern says so.
    def paths(name)
      raise Unreadable, "Include #{name} is about a user's own folder or a token, which nobody is here" if name.match?(/\A~|%/)

      parts = (name.start_with?("/") ? name : "#{FOLDER}/#{name}").split("/").reject(&:empty?)
      parts.inject([""]) { |folders, part| folders.flat_map { |folder| matching(folder, part) } }
    end

    def matching(folder, part)
      return ["#{folder}/#{part}"] unless part.match?(/[*?\[]/)

      names = @children.call(folder.empty? ? "/" : folder) || []
      names.select { |name| File.fnmatch(part, name) }.sort_by(&:b).map { |name| "#{folder}/#{name}" }
    end

    def first_ones(lines)
      seen = {}
      lines.filter_map do |line, inside|
        keyword = line.b[/\A\s*([A-Za-z]\w*)/n, 1]&.downcase
        next line if keyword.nil? || inside || COLLECTED.include?(keyword)

        line unless seen.key?(keyword) || !(seen[keyword] = true)
      end
    end

    # Says so where something was included: the auditor inside would not have read it.
    module Name
      def to_s
        @with_includes ? "#{super} (with Include)" : super
      end
    end

    # The resource reads its file so. (Inspec::Resources::SshConfig, and SshdConfig below it)
    module Resource
      private

      def read_content
        return @content if defined?(@content)

        text = super
        return text unless text&.b&.match?(/^\s*include\b/i)

        root = inspec.backend.root
        @content = SshIncludes.new(root.method(:read), root.method(:children)).expand(text).tap { |whole| @with_includes = whole != text }
      end
    end

    def self.install
      require "inspec/resources/ssh_config"
      Inspec::Resources::SshConfig.prepend(Resource, Name)
      Inspec::Resources::SshdConfig.prepend(Name)
    end
  end
end
