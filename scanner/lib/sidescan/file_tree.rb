# frozen_string_literal: true

require "sidescan/undecided"

module Sidescan
  # Lists a part of the target's file tree without a command in it, each directory opened once. No symlink is ever followed.
  class FileTree
    LONGEST_PATH = 4095 # PATH_MAX: what lies deeper cannot be opened by its path, so it cannot be listed either

    def initialize(root)
      @root = root
    end

    # Yields `from` and everything below it, depth first and sorted: path (bytes) and the File::Stat of lstat. With `same_device`, of a directory
    # of another st_dev neither itself nor what is below it. Raises Unreadable above `limit` entries and for what cannot be listed.
    def each(from, same_device:, limit:)
      first = @root.stat(from, follow: false)
      raise Unreadable, "#{from} does not exist" if first.nil?

      todo = [[from.b, first]]
      count = 0
      while (path, stat = todo.pop)
        next if same_device && stat.directory? && stat.dev != first.dev
        raise Unreadable, "there are more than #{limit} files below #{from}" if (count += 1) > limit

        yield path, stat
        todo.concat(children(path)) if stat.directory?
      end
    end

    private

    def children(path)
      raise Unreadable, "#{path[0, 200]}… is nested too deep" if path.bytesize > LONGEST_PATH

      prefix = path.end_with?("/") ? path : "#{path}/".b
      @root.each_entry(path).sort_by(&:first).reverse.map { |name, stat| [prefix + name, stat] }
    end
  end
end
