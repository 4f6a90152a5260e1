# frozen_string_literal: true

require "json"

module Sidescan
  # The frames of docs/scan-pod.md on the scanner's standard output; one write a line, so that no other line gets between.
  class Frames
    MARK = "##sidescan"
    LINE = 8192 # base64 characters

    def initialize(out)
      @out = out
    end

    # `file`: a ReportFile.
    def report(file)
      lines = [file.gzip].pack("m0").scan(/.{1,#{LINE}}/)
      put("report #{JSON.generate(encoding: 'gzip+base64', bytes: file.bytes, gzipBytes: file.gzip.bytesize, sha256: file.sha256, lines: lines.size)}")
      lines.each.with_index(1) { |line, number| put("#{number} #{line}") }
      put("end")
    end

    def receipt(json)
      put("receipt #{json}")
    end

    private

    def put(text)
      line = "#{MARK} #{text}\n"
      line = line.byteslice(@out.syswrite(line)..) until line.empty?
    end
  end
end
