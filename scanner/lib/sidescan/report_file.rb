# frozen_string_literal: true

require "digest"
require "json"
require "stringio"
require "zlib"
require "sidescan/failure"

module Sidescan
  # The report on disk: published by rename when it is whole, measured, compressed for the log.
  class ReportFile
    STEP = 1024 * 1024

    attr_reader :path, :bytes, :sha256

    # Syncs `unfinished` and gives it its name. nil where the auditor wrote none.
    def self.publish(unfinished, path)
      return nil unless File.size?(unfinished)

      File.open(unfinished, &:fsync)
      File.rename(unfinished, path)
      File.open(File.dirname(path), &:fsync)
      new(path)
    end

    def initialize(path)
      @path = path
      @bytes = File.size(path)
      @sha256 = Digest::SHA256.file(path).hexdigest
    end

    # The parsed report, or nil where it is no JSON object.
    def parsed
      parsed = JSON.parse(File.read(path, encoding: "UTF-8"))
      parsed.is_a?(Hash) ? parsed : nil
    rescue JSON::ParserError
      nil
    end

    # The same bytes for the same report: no time and no name in the header.
    def gzip
      @gzip ||= StringIO.new(String.new).tap { |out| compress(out) }.string
    end

    def to_receipt
      { sha256: sha256, bytes: bytes, gzipBytes: gzip.bytesize }
    end

    private

    def compress(out)
      writer = Zlib::GzipWriter.new(out, 6)
      writer.mtime = 0
      File.open(path, "rb") do |file|
        while (part = file.read(STEP))
          writer.write(part)
        end
      end
      writer.finish
    end
  end
end
