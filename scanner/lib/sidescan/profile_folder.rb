# frozen_string_literal: true

require "fileutils"

module Sidescan
  # The files of the profile as a folder, for profiles that read their data with Ruby's own File, beside `__FILE__`: it is the working directory,
  # since `__FILE__` is a relative path, and is filled when first asked for.
  class ProfileFolder
    # What reads one path, its first argument, and changes nothing.
    ONE = %w[File IO FileTest Dir].product(%w[open read binread readlines foreach exist? file? directory? readable? size size? zero? empty? stat lstat mtime
                                              ftype entries children each_child realpath symlink?]).map { |pair| pair.join(".") }.freeze
    MANY = %w[Dir.glob Dir.[]].freeze

    # `archive`: the path of the profile's archive; `place`: where the folder is to be.
    def initialize(archive, place)
      @archive = archive
      @place = place
      FileUtils.mkdir_p(place)
      Dir.chdir(place)
    end

    # True if the call is one that reads, and of nothing but the profile's own files.
    def allows?(asked, arguments)
      paths = MANY.include?(asked) ? arguments.flatten : arguments.first(1)
      return false unless (MANY.include?(asked) || ONE.include?(asked) || asked == "open") && paths.any?

      paths.all? { |path| own?(path) }
    end

    private

    # A text that begins with "|" is a command to some of them.
    def own?(path)
      path = path.respond_to?(:to_path) ? path.to_path : path
      return false unless path.is_a?(String) && !path.start_with?("|") && !path.include?("\0")

      full = File.expand_path(path, @place)
      folders.any? { |folder| full == folder || full.start_with?("#{folder}/") }
    end

    # Controls have the archive's folder in their `__FILE__`, libraries have not: each top entry is in both places. Another profile's files are in neither.
    def folders
      @folders ||= begin
        provider = Inspec::FileProvider.for_path(@archive).relative_provider
        root = File.expand_path(provider.prefix, @place)
        provider.files.each { |file| write(File.expand_path(file, root), root, provider.binread(file)) }
        entries = Dir.children(root).map { |name| "#{@place}/#{name}" }
        entries.each { |entry| File.symlink("#{root}/#{File.basename(entry)}", entry) unless File.exist?(entry) }
        [(root unless root == @place), *entries].compact
      end
    end

    def write(path, root, content)
      return unless content && path.start_with?("#{root}/")

      FileUtils.mkdir_p(File.dirname(path))
      File.binwrite(path, content)
    end
  end
end
