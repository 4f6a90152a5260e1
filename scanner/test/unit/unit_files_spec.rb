# frozen_string_literal: true

require "sidescan/answers/services"
require "sidescan/root"
require "tree"

RSpec.describe Sidescan::Answers::Services do
  let(:tree) { Tree.new.file("/usr/lib/systemd/systemd", "", mode: 0o755) }
  let(:services) { described_class.new(Sidescan::Root.new(File.open(tree.path)), nil) }
  let(:installable) { "[Unit]\nDescription=Ours\n[Service]\nExecStart=-/usr/bin/ours --run\nUser=app\n[Install]\nWantedBy=multi-user.target\n" }

  after { tree.remove }

  def unit(name, text = installable)
    tree.file("/usr/lib/systemd/system/#{name}", text)
  end

  def state(name)
    services.answer("systemctl is-enabled #{name}")
  end

  it "knows every state by systemd's rules" do
    unit("on.service").link("/etc/systemd/system/multi-user.target.wants/on.service", "/usr/lib/systemd/system/on.service")
    unit("off.service")
    unit("fixed.service", "[Service]\nExecStart=/x\n")
    unit("also.service", "[Install]\nAlso=off.service\n")
    unit("real.service").link("/etc/systemd/system/other.service", "/usr/lib/systemd/system/real.service")
    unit("gone.service").link("/etc/systemd/system/gone.service", "/dev/null")
    unit("runtime.service").link("/run/systemd/system/x.target.wants/runtime.service", "/usr/lib/systemd/system/runtime.service")
    unit("tty@.service").link("/etc/systemd/system/getty.target.wants/tty@one.service", "/usr/lib/systemd/system/tty@.service")
    tree.file("/opt/far.service", installable).link("/etc/systemd/system/far.service", "/opt/far.service")
    tree.link("/etc/systemd/system/broken.service", "/nowhere")

    expect(%w[on off fixed also real other gone runtime far].to_h { |name| [name, state(name)] }).to eq(
      "on" => ["enabled\n", 0], "off" => ["disabled\n", 1], "fixed" => ["static\n", 0], "also" => ["indirect\n", 0], "real" => ["enabled\n", 0],
      "other" => ["alias\n", 0], "gone" => ["masked\n", 1], "runtime" => ["enabled-runtime\n", 0], "far" => ["linked\n", 1]
    )
    expect([state("tty@one"), state("tty@two")]).to eq [["enabled\n", 0], ["disabled\n", 1]]
    expect(state("none")).to eq ["", 1, "Failed to get unit file state for none.service: No such file or directory\n"]
    expect(state("broken")[1]).to eq 1
  end

  it "shows what the auditor reads of a unit, with its drop-ins" do
    unit("ours.service").file("/etc/systemd/system/ours.service.d/user.conf", "[Service]\nUser=other\n")

    shown = services.answer("systemctl show --no-pager --all ours").first.lines(chomp: true).to_h { |line| line.split("=", 2) }
    expect(shown).to include("Id" => "ours.service", "Description" => "Ours", "LoadState" => "loaded", "ActiveState" => "inactive", "User" => "other", "UnitFileState" => "disabled")
    expect(services.answer("systemctl show --no-pager --all none").first).to include("LoadState=not-found\n")
  end

  it "takes init scripts where there is no unit, as systemd's generator does" do
    tree.file("/etc/init.d/old", "#!/bin/sh\n", mode: 0o755).link("/etc/rc3.d/S01old", "../init.d/old").file("/etc/init.d/off", "#!/bin/sh\n", mode: 0o755)

    expect([state("old"), state("off")]).to eq [["enabled\n", 0], ["disabled\n", 1]]
    expect(services.answer("service old status")).to eq ["old is not running ... failed!\n", 3]
    expect(services.answer("service none status")[1]).to eq 1
  end

  it "raises where the image has no systemd" do
    tree.remove
    tree.folder("/etc")

    ["is-enabled x", "is-active x", "show --no-pager --all x"].each do |question|
      expect { services.answer("systemctl #{question}") }.to raise_error(Sidescan::CommandRefused, /no systemd in this image/)
    end
  end

  it "leaves other questions to others" do
    ["systemctl list-units", "systemctl is-enabled a b", "systemctl is-enabled x; rm y", "systemctl is-enabled $(x)"].each do |command|
      expect(services.answer(command)).to be_nil
    end
  end
end
