# frozen_string_literal: true

require "pod"

RSpec.describe "a program that neither the image nor the scanner has" do
  let(:tree) { Tree.new.file("/etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n").file("/usr/bin/there", "", mode: 0o755) }

  after { tree.remove }

  def scan(*lines, devices: %w[null], **options)
    controls = lines.each_with_index.map { |line, index| "control 'c#{index}' do\n describe(command(#{line.inspect})) { its('exit_status') { should eq 127 } \n its('stdout') { should eq '' } }\nend\n" }
    Pod.new(tree, hold: true, devices: devices).scan({ "controls/a.rb" => controls.join }, **options)
  end

  it "is answered as not found where the command asks what it is" do
    result = scan("nosuch -V", "nosuch --version", "nosuch -version")

    expect(result.statuses.values).to eq ["passed"] * 3
    expect(result.receipt["coverage"]).to include("toolbox" => 3, "refused" => 0)
  end

  { "dash" => "sh: 1: nosuch: not found\n", "bash" => "sh: line 1: nosuch: command not found\n", "busybox" => "sh: nosuch: not found\n" }.each do |shell, text|
    it "is answered in the words of #{shell} where that is the image's shell" do
      tree.file("/bin/#{shell}", "", mode: 0o755)
      tree.link("/bin/sh", shell)
      result = Pod.new(tree, hold: true).scan({ "controls/a.rb" => "control('c') { describe(command('nosuch -V 2>&1')) { its('stdout') { should eq #{text.inspect} } } }\n" })

      expect(result.statuses).to eq("c" => "passed"), result.messages("c").join
    end
  end

  it "is an error where the command asks about anything else, or about a program that is there" do
    commands = ["nosuch", "nosuch -v", "nosuch --list", "nosuch -V | cut -c1", "nosuch -V || true", "true; nosuch -V", "sh -c 'nosuch -V'", "echo x | xargs nosuch -V", "there -V", "nosuch -V > /dev/null"]
    result = scan(*commands)

    expect(result.statuses.values).to eq ["error"] * commands.size
    expect(result.messages("c0").join).to include "(nosuch): nosuch is neither a tool of the scanner nor a program of the image"
    expect(result.messages("c8").join).to include "(/usr/bin/there): /usr/bin/there is a program of the image, and the scan does not allow it"
  end

  it "is an error also where the image has no /dev/null" do
    result = scan("nosuch", "true | nosuch", devices: %w[zero])

    expect(result.statuses.values).to eq %w[error error]
  end

  it "is not said to be allowable where the profile runs it while it loads" do
    result = Pod.new(tree, hold: true).scan({ "controls/a.rb" => "X = command('nosuch -T').stdout\n" })

    expect(result.error["code"]).to eq "PROFILE_COMMAND_REFUSED"
    expect(result.error["message"]).to match(/nosuch is neither a tool.*only_if/)
    expect(result.error["message"]).not_to include "allowTargetCommands"
  end

  it "makes an error of every question that only the image's sudo could answer, however it is asked" do
    commands = ["sudo -l", "sudo -n -l", "sudo --list", "echo -l | xargs sudo", "bash -c 'sudo -l'", "S=sudo; $S -l", "sudo -nl", "sudo -v", "sudo -u nobody id", "sudo -unobody id",
                "sudo --user=nobody id", "sudo -g adm id", "sudo -i id", "sudo", "true | sudo -ll", "find /etc -maxdepth 0 -exec sudo -l \\;"]
    result = scan(*commands)

    expect(result.statuses.values).to eq ["error"] * commands.size
    expect(commands.each_index.reject { |index| result.messages("c#{index}").join.include?("Command not run in the target (") }).to eq []
  end

  it "lets sudo run what root may" do
    lines = ["sudo id -u", "sudo -n -u root id -u", "sudo --user=root -- id -u", "sudo -H -E A=1 id -u"]
    controls = lines.each_with_index.map { |line, index| "control('c#{index}') { describe(command(#{line.inspect})) { its('stdout') { should eq \"0\\n\" } } }\n" }.join

    expect(Pod.new(tree, hold: true).scan({ "controls/a.rb" => controls }).statuses.values).to eq ["passed"] * lines.size
  end

  it "makes an error of sudo where the scan has no root" do
    expect(scan("sudo id -u", as: 4242, target_as: 4242).statuses.values).to eq ["error"]
  end
end
