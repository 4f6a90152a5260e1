# frozen_string_literal: true

# The target's root file system as the checks see it: the list of its files, made once a run, and their contents.
class TargetRoot
  LIMITS = { max_files: 300_000, max_walk_seconds: 120, max_read_bytes: 16_777_216, max_total_bytes: 134_217_728 }.freeze

  # The one root of a connection: all resources of a run share the list.
  def self.of(connection, limits = {})
    @roots ||= {}.compare_by_identity
    @roots[connection] ||= new(connection, LIMITS.merge(limits))
  end

  def initialize(connection, limits)
    @connection = connection
    @limits = limits
  end

  def entries
    raise @failure if @failure # a list that failed once is not tried again for every control

    @entries ||= TreeWalk.new(@connection, max_files: @limits[:max_files], max_seconds: @limits[:max_walk_seconds]).entries
  rescue StandardError => e
    @failure ||= e
    raise
  end

  # What is made of files under this name, made once a run: each control has resources of its own, and 100,000 accounts ten times over are too many.
  def once(name)
    (@made ||= {}).fetch(name) { @made[name] = yield }
  end

  # Regular files at any of these exact paths or below any of these folders (a folder ends with a slash).
  def files_in(*places)
    exact, folders = places.flatten.partition { |place| !place.end_with?('/') }
    entries.select { |e| e.file? && (exact.include?(e.path) || folders.any? { |folder| e.path.start_with?(folder) }) }
  end

  def entry(path)
    @by_path ||= entries.to_h { |e| [e.path, e] }
    @by_path[path.b]
  end

  # True if the path leads to something, symbolic links followed inside the target. Needs no list of files.
  def exist?(path)
    @connection.file(path).exist?
  end

  # The text of a regular file, links followed inside the target; nil if there is none. Raises when it exists but cannot be read.
  def text(path, most = @limits[:max_read_bytes])
    file = @connection.file(path)
    return nil unless file.exist? && file.file?
    raise "#{Findings.printable(path)} has #{file.size} bytes, more than #{most} (input max_read_bytes)" if file.size > most

    content = file.content
    raise "#{Findings.printable(path)} cannot be read" if content.nil?

    count(content.bytesize)
    content.b
  end

  # The lines of a configuration file without comments and blank lines; none if there is no such file.
  def settings(path)
    (text(path) || '').each_line(chomp: true).map(&:strip).reject { |line| line.empty? || line.start_with?('#', ';') }
  end

  private

  # The connection keeps what it read, so this bounds memory as well as time.
  def count(bytes)
    @read = (@read || 0) + bytes
    raise "more than #{@limits[:max_total_bytes]} bytes to read (input max_total_bytes)" if @read > @limits[:max_total_bytes]
  end
end
