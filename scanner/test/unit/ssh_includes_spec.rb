# frozen_string_literal: true

require "sidescan/ssh_includes"

RSpec.describe Sidescan::SshIncludes do
  let(:files) { {} }
  let(:children) { ->(folder) { files.keys.filter_map { |path| File.basename(path) if File.dirname(path) == folder } } }

  def expand(text)
    described_class.new(->(path) { files[path] }, children).expand(text)
  end

  it "leaves a text as it is where nothing is included" do
    text = "Port 22\r\nPort 23\nPermitRootLogin yes\nPermitRootLogin no\nInclude /etc/ssh/sshd_config.d/*.conf\n# Include /x\n"
    expect(expand(text)).to equal text
  end

  it "puts files in their place, sorted, without hidden ones, by relative and quoted names and several a line" do
    files.merge!("/etc/ssh/d/b.conf" => "B 1\n", "/etc/ssh/d/a.conf" => "A 1", "/etc/ssh/d/.c.conf" => "C 1\n", "/etc/ssh/d/x" => "X 1\n", "/srv/one two" => "D 1\n")
    expect(expand("include d/*.conf \"/srv/one two\" /none\nE 1\n")).to eq "include d/*.conf \"/srv/one two\" /none\nA 1\nB 1\nD 1\nE 1\n"
  end

  it "keeps of a keyword the line that counts, and of those that are collected every line" do
    files["/i"] = "PermitRootLogin no\nport 22\nUsePAM yes\n"
    expect(expand("Include /i\nPermitRootLogin yes\n\tusepam no\nPort 23\n# note\nX11Forwarding no\n"))
      .to eq "Include /i\nPermitRootLogin no\nport 22\nUsePAM yes\nPort 23\n# note\nX11Forwarding no\n"
    expect(expand("PermitRootLogin yes\nInclude /i\n")).to eq "PermitRootLogin yes\nInclude /i\nport 22\nUsePAM yes\n"
  end

  it "does not let a block decide for all, and ends one with its file" do
    files["/i"] = "Match User a\nPermitRootLogin no\n"
    expect(expand("Include /i\nPermitRootLogin yes\nMatch User b\nPermitRootLogin no\nMatch all\nPermitRootLogin no\n"))
      .to eq "Include /i\nMatch User a\nPermitRootLogin no\nPermitRootLogin yes\nMatch User b\nPermitRootLogin no\nMatch all\n"
    files["/i"] = "HashKnownHosts no\n"
    expect(expand("Include /i\nHost *\n  HashKnownHosts yes\n")).to eq "Include /i\nHashKnownHosts no\nHost *\n"
    expect(expand("Host x\nInclude /i\nHost *\n  HashKnownHosts yes\n")).to eq "Host x\nInclude /i\nHashKnownHosts no\nHost *\n  HashKnownHosts yes\n"
  end

  it "follows sixteen levels and leaves undecided what is deeper, a user's folder, or a quote that does not end" do
    (1..17).each { |n| files["/#{n}"] = "Include /#{n + 1}\nK#{n} 1\n" }
    files["/17"] = "Last 1\n"
    files["/16"] = "Last 1\n"
    expect(expand("Include /1\n")).to include("Last 1\n", "K15 1\n")

    files["/16"] = "Include /17\n"
    expect { expand("Include /1\n") }.to raise_error(Sidescan::Unreadable, /deeper than 16/)
    files["/loop"] = "Include /loop\n"
    expect { expand("Include /loop\n") }.to raise_error(Sidescan::Unreadable, /deeper than 16/)
    expect { expand("Include ~/x\n") }.to raise_error(Sidescan::Unreadable, /user/)
    expect { expand("Include \"/x\n") }.to raise_error(Sidescan::Unreadable, /quotes/)
  end
end
