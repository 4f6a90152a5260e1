# frozen_string_literal: true

require "pod"

RSpec.describe "sshd_config and ssh_config with Include" do
  let(:tree) do
    Tree.new.file("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n").file("/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin yes\nPort 22\n")
        .file("/etc/ssh/ssh_config", "Include /etc/ssh/ssh_config.d/*.conf\nHost *\n    HashKnownHosts yes\n")
  end
  let(:profile) do
    { "controls/a.rb" => <<~RUBY }
      control 'server' do
        describe(sshd_config) { its('PermitRootLogin') { should eq 'no' } }
      end
      control 'client' do
        describe(ssh_config) { its('HashKnownHosts') { should eq 'no' } }
      end
    RUBY
  end

  after { tree.remove }

  it "are what sshd and ssh read, and say so" do
    tree.file("/etc/ssh/sshd_config.d/site.conf", "PermitRootLogin no\n").link("/etc/ssh/ssh_config.d/site.conf", "/srv/ssh.conf").file("/srv/ssh.conf", "HashKnownHosts no\n")
    result = Pod.new(tree).scan(profile)

    expect(result.statuses).to eq("server" => "passed", "client" => "passed")
    expect(result.messages("server").join).to include "SSHD Configuration (with Include) PermitRootLogin"
    expect(result.messages("client").join).to include "SSH Configuration (with Include) HashKnownHosts"
  end

  it "are the one file where it includes nothing" do
    result = Pod.new(tree.folder("/etc/ssh/sshd_config.d")).scan(profile)

    expect(result.statuses).to eq("server" => "failed", "client" => "failed")
    expect(result.messages("server").join).to start_with "SSHD Configuration PermitRootLogin"
  end

  it "are an error where an included file may not be read" do
    tree.file("/etc/ssh/sshd_config.d/site.conf", "PermitRootLogin no\n", mode: 0o600)

    expect(Pod.new(tree, hold: true).scan(profile, as: 4242, target_as: 4242).statuses).to include("server" => "error")
  end
end
