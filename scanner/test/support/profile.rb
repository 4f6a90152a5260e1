# frozen_string_literal: true

require "rubygems/package"
require "zlib"

# A profile archive for a test.
module TestProfile
  # Writes NAME.tar.gz into `folder`; `files`: path in the profile → text. Without an inspec.yml among them, a plain one is added.
  def self.pack(folder, files, name: "sample")
    files = { "inspec.yml" => "name: #{name}\nversion: 1.2.3\n" }.merge(files)
    path = "#{folder}/#{name}.tar.gz"
    Zlib::GzipWriter.open(path) do |gzip|
      Gem::Package::TarWriter.new(gzip) do |tar|
        files.each { |file, text| tar.add_file_simple("#{name}/#{file}", 0o644, text.bytesize) { |entry| entry.write(text) } unless text.nil? }
      end
    end
    path
  end
end
