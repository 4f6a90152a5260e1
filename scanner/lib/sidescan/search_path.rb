# frozen_string_literal: true

module Sidescan
  # Finds programs of the target along its own PATH, without running anything.
  class SearchPath
    DEFAULT = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    def initialize(root)
      @root = root
    end

    # The path of the program, or nil. A name with a slash is looked at as it is.
    def find(name)
      return (name if @root.executable?(name)) if name.include?("/")

      folders.map { |folder| "#{folder}/#{name}" }.find { |path| @root.executable?(path) }
    end

    private

    # PATH of the target's process, as the container's own programs see it.
    def folders
      @folders ||= (environment_path || DEFAULT).split(":").select { |folder| folder.start_with?("/") }
    end

    def environment_path
      return nil unless @root.pid

      ::File.binread("/proc/#{@root.pid}/environ").split("\0").find { |line| line.start_with?("PATH=") }&.delete_prefix("PATH=")
    rescue SystemCallError
      nil
    end
  end
end
