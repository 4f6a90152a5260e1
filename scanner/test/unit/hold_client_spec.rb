# frozen_string_literal: true

require "hold_stub"
require "sidescan/hold/client"

RSpec.describe Sidescan::Hold::Client do
  def frame(...)
    HoldStub.frame(...)
  end

  def run(seconds: 1, **stub)
    server = HoldStub.new(**stub)
    answer = described_class.new(server.path, pid: Process.pid).run("echo x", deadline_ms: seconds * 1000, allow: ["nginx"])
    [answer, server.received]
  ensure
    server&.stop
  end

  let(:done) { frame("X", "status=3\nsignal=0\nrefused=0\nms=5\n") }

  it "sends command, limits and allowed programs, then go" do
    _answer, request = run(answer: done)

    expect(request).to eq frame("C", "echo x") + frame("L", "deadline_ms=1000\n") + frame("A", "nginx") + frame("G")
  end

  it "puts the answer together, byte for byte" do
    answer, = run(answer: frame("O", "\xFF\0a") + frame("E", "err") + frame("O", "b") + frame("R", "image /usr/bin/my app") + frame("T", "/usr/sbin/nginx") + done)

    expect(answer.to_h).to include(stdout: "\xFF\0ab".b, stderr: "err", status: 3, refused: [["image", "/usr/bin/my app"]], target_programs: ["/usr/sbin/nginx"])
    expect(answer.flag?("deadline")).to be false
  end

  {
    "an answer that is cut off" => { answer: HoldStub.frame("O", "half") },
    "a frame that is cut off" => { answer: HoldStub.frame("X", "status=0\n")[0, 8] },
    "a failure" => { answer: HoldStub.frame("F", "cannot-confine no Landlock") },
    "a refusal to talk" => { hello: HoldStub.frame("F", "forbidden") },
    "another protocol" => { hello: HoldStub.frame("H", "protocol=2\n") },
    "no hello" => { hello: HoldStub.frame("X", "status=0\n") },
    "an unknown frame" => { answer: HoldStub.frame("Z", "") + HoldStub.frame("X", "status=0\n") },
    "an exit without a status" => { answer: HoldStub.frame("X", "signal=0\n") },
    "an exit status that is no number" => { answer: HoldStub.frame("X", "status=ok\n") },
    "a frame of four gigabytes" => { answer: "\xFF\xFF\xFF\xFFO".b }
  }.each do |what, stub|
    it "believes nothing after #{what}" do
      expect { run(**stub) }.to raise_error(Sidescan::Hold::Broken)
    end
  end

  it "believes nobody but the process that it was given" do
    server = HoldStub.new(answer: done)

    expect { described_class.new(server.path, pid: Process.pid + 1).run("true", deadline_ms: 1000) }.to raise_error(Sidescan::Hold::Broken, /another process/)
    expect(described_class.new(server.path).greet).to match([Process.pid, hash_including("something_new" => "x")])
  ensure
    server.stop
  end

  it "does not wait beyond the deadline and its grace for one that says nothing" do
    stub_const("Sidescan::Hold::Client::GRACE_SECONDS", 0.2)
    started = Process.clock_gettime(Process::CLOCK_MONOTONIC)

    expect { run(answer: "", close: false) }.to raise_error(Sidescan::Hold::Broken, /in time/)
    expect(Process.clock_gettime(Process::CLOCK_MONOTONIC) - started).to be < 4
  end
end
