# frozen_string_literal: true

require "json"

module Sidescan
  module Answers
    # `pip show`, `gem list` and `npm ls` from the metadata files that each of them leaves, without running Python, Ruby or Node of the image.
    class LanguagePackages
      NAME = /[A-Za-z0-9@][A-Za-z0-9._\/-]*/
      PYTHON = %w[/usr/local/lib /usr/lib].freeze
      GEMS = %w[/var/lib/gems/*/specifications /usr/local/bundle/specifications /usr/local/lib/ruby/gems/*/specifications /usr/lib/ruby/gems/*/specifications
                /usr/share/rubygems-integration/*/specifications /usr/lib/ruby/gems/*/specifications/default
                /usr/local/lib/ruby/gems/*/specifications/default].freeze
      NODE = %w[/usr/local/lib/node_modules /usr/lib/node_modules].freeze

      def initialize(root, _accounts)
        @root = root
      end

      def answer(command)
        case command
        when /\Apip3? show (#{NAME})\z/ then pip(Regexp.last_match(1))
        when /\Agem list --local -a -q \^(#{NAME})\$\z/ then gem(Regexp.last_match(1))
        when /\Ash -c 'npm -g ls --json (#{NAME})'\z/ then npm(Regexp.last_match(1))
        end
      end

      private

      # Names are the same whatever their case and their dashes, dots and underscores (PEP 503).
      def pip(name)
        folders = PYTHON.flat_map { |lib| names(lib).grep(/\Apython3?/).flat_map { |python| ["#{lib}/#{python}/site-packages", "#{lib}/#{python}/dist-packages"] } }
                        .select { |folder| @root.stat(folder) }
        return nil if folders.empty?

        folders.each do |folder|
          entry = names(folder).find { |file| file.match?(/\.(?:dist|egg)-info\z/) && plain(file[/\A[^-]+/].delete_suffix(".egg-info")) == plain(name) } or next
          metadata = @root.read("#{folder}/#{entry}/METADATA") || @root.read("#{folder}/#{entry}/PKG-INFO") || @root.read("#{folder}/#{entry}")
          return [%w[Name Version Summary Home-page Author Author-email License].map { |key| "#{key}: #{metadata.to_s.scrub[/^#{key}: (.*)$/, 1]}\n" }.join + "Location: #{folder}\n"]
        end
        ["", 1, "WARNING: Package(s) not found: #{name}\n"]
      end

      def plain(name)
        name.downcase.gsub(/[-_.]+/, "-")
      end

      def gem(name)
        folders = GEMS.flat_map { |pattern| expand(pattern) }
        return nil if folders.empty?

        specification = /\A#{Regexp.escape(name)}-(\d[^-]*)(?:-.+)?\.gemspec\z/
        found = folders.flat_map { |folder| names(folder).filter_map { |file| [file[specification, 1], folder.end_with?("/default")] if file.match?(specification) } }
        versions = found.group_by(&:first).sort_by { |version, _| Gem::Version.new(version) }.reverse
        ["#{"#{name} (#{versions.map { |version, all| "#{'default: ' if all.all?(&:last)}#{version}" }.join(', ')})" if versions.any?}\n"]
      end

      def npm(name)
        folders = NODE.select { |folder| @root.stat(folder) }
        return nil if folders.empty?

        text = folders.lazy.filter_map { |folder| @root.read("#{folder}/#{name}/package.json") }.first
        version = text && JSON.parse(text)["version"]
        version ? ["#{JSON.generate(dependencies: { name => { version: version } })}\n"] : ["{}\n", 1]
      rescue JSON::ParserError
        raise Unreadable, "the package.json of #{name} is not JSON"
      end

      # One `*` at most, for a version's folder.
      def expand(pattern)
        before, after = pattern.split("/*/")
        candidates = after ? names(before).map { |name| "#{before}/#{name}/#{after}" } : [pattern]
        candidates.select { |folder| @root.stat(folder)&.directory? }
      end

      def names(folder)
        @root.children(folder) || []
      end
    end
  end
end
