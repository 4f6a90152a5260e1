# frozen_string_literal: true

require "open3"
require "tmpdir"

# Databases of the same 200 packages in rpm's three formats, made by Debian's rpm and Berkeley DB tools.
module RpmDatabases
  MAGIC = "\x8e\xad\xe8\x01\0\0\0\0".b # before every exported header
  # The other indexes of today's rpm, which says of each that is not there that it is not.
  INDEXES = %w[Basenames Group Requirename Providename Conflictname Obsoletename Triggername Dirnames Installtid Sigmd5 Sha1header Filetriggername
               Transfiletriggername Recommendname Suggestname Supplementname Enhancename].freeze
  SPEC = <<~TEXT
    Name: first
    Epoch: 2
    Version: 1.0
    Release: 3
    Summary: The first
    License: MIT
    Vendor: Example
    %description
    A package.
    #{(1..199).map { |number| "%package -n part#{number}\nSummary: Part #{number} #{'x' * (number * 17 % 3000)}\n%description -n part#{number}\nP\n%files -n part#{number}\n" }.join}
    %files
  TEXT

  # Makes the folders `sqlite`, `ndb` and `bdb` below `folder`; returns what `rpm -qa` prints of them, sorted.
  def self.make(folder)
    File.write("#{folder}/test.spec", SPEC)
    run("rpmbuild", "-bb", "--define", "_topdir #{folder}/build", "--define", "_build_id_links none", "--target", "noarch", "#{folder}/test.spec")
    run("rpm", "--dbpath", "#{folder}/sqlite", "--define", "_db_backend sqlite", "-i", "--justdb", "--nodeps", "--nosignature", "--ignoreos", "--ignorearch",
        *Dir["#{folder}/build/RPMS/noarch/*.rpm"])
    headers = run("rpmdb", "--dbpath", "#{folder}/sqlite", "--exportdb").b.split(MAGIC).drop(1)
    berkeley(folder, headers)
    native(folder, headers)
    run("rpm", "--dbpath", "#{folder}/sqlite", "-qa", "--qf", "%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}\\n").lines.sort
  end

  # A hash database has the headers under their number, and a counter under 0.
  def self.berkeley(folder, headers)
    text = +"VERSION=3\nformat=bytevalue\ntype=hash\nHEADER=END\n 00000000\n c8000000\n"
    headers.each.with_index(1) { |header, number| text << " #{[number].pack('V').unpack1('H*')}\n #{header.unpack1('H*')}\n" }
    Dir.mkdir("#{folder}/bdb")
    run("db5.3_load", "-t", "hash", "#{folder}/bdb/Packages", stdin_data: "#{text}DATA=END\n")
    # By name, the number of the header and which of its names it is: rpm itself looks there.
    names = run("rpm", "--dbpath", "#{folder}/sqlite", "-qa", "--qf", "%{DBINSTANCE} %{NAME}\\n").lines.map(&:split)
    text = names.map { |number, name| " #{name.unpack1('H*')}\n #{[number.to_i, 0].pack('V2').unpack1('H*')}\n" }.join
    head = "VERSION=3\nformat=bytevalue\ntype=hash\nHEADER=END\n"
    run("db5.3_load", "-t", "hash", "#{folder}/bdb/Name", stdin_data: "#{head}#{text}DATA=END\n")
    INDEXES.each { |index| run("db5.3_load", "-t", "hash", "#{folder}/bdb/#{index}", stdin_data: "#{head}DATA=END\n") }
  end

  # Debian's rpm writes no ndb: this one is synthetic, by rpmpkg.c of rpm. One page of slots, every third one free.
  def self.native(folder, headers)
    slots = +""
    blobs = +"".b
    headers.each.with_index(1) do |header, number|
      blob = ["BlbS", number, 1, header.bytesize].pack("a4V3") + header + ["BlbE", 0, header.bytesize].pack("a4V2")
      blob << "\0" * (-blob.bytesize % 16)
      slots << ["Slot", 0, 0, 0].pack("a4V3") if (number % 3).zero?
      slots << ["Slot", number, ((2 * 4096) + blobs.bytesize) / 16, blob.bytesize / 16].pack("a4V3")
      blobs << blob
    end
    slots << ["Slot", 0, 0, 0].pack("a4V3") while slots.bytesize < (2 * 4096) - 32
    Dir.mkdir("#{folder}/ndb")
    File.binwrite("#{folder}/ndb/Packages.db", ["RpmP", 0, 1, 2, headers.size + 1].pack("a4V4").ljust(32, "\0") + slots + blobs)
  end

  def self.run(*command, stdin_data: "")
    output, error, status = Open3.capture3(*command, stdin_data: stdin_data, binmode: true)
    raise "#{command.first}: #{error}" unless status.success?

    output
  end
  private_class_method :run, :berkeley, :native
end
