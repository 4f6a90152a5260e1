# frozen_string_literal: true

require "socket"

# The tests' own reader of the protocol (hold/PROTOCOL.md), apart from the scanner's, so that neither hides the other's mistakes.
class HoldClient
  Answer = Struct.new(:hello, :out, :err, :refused, :target, :exit, :failure, keyword_init: true) do
    def status = exit&.fetch("status")&.to_i
    def programs = refused.map { |line| line.split(" ", 2).last }
  end

  def initialize(path) = @path = path

  # Runs one command and returns everything that hold said.
  def run(command, deadline_ms: 20_000, allow: [], **limits)
    socket = connect
    frames = [["C", command]]
    frames << ["L", { "deadline_ms" => deadline_ms }.merge(limits.transform_keys(&:to_s)).map { |pair| pair.join("=") }.join("\n")]
    frames.concat(allow.map { |name| ["A", name] }) << ["G", ""]
    frames.each { |type, payload| send_frame(socket, type, payload) }
    read_answer(socket)
  ensure
    socket&.close
  end

  def connect = UNIXSocket.new(@path)

  def send_frame(socket, type, payload)
    socket.write([payload.bytesize].pack("N") << type << payload.b)
  end

  def read_frame(socket)
    head = socket.read(5) or return nil
    raise "frame head of #{head.bytesize} bytes" if head.bytesize != 5

    length, type = head.unpack("Na")
    payload = length.zero? ? "".b : socket.read(length)
    raise "frame was cut" if payload.nil? || payload.bytesize != length

    [type, payload]
  end

  def read_answer(socket)
    answer = Answer.new(out: "".b, err: "".b, refused: [], target: [])
    while (frame = read_frame(socket))
      take(answer, *frame)
    end
    answer
  end

  private

  def take(answer, type, payload)
    case type
    when "H" then answer.hello = fields(payload)
    when "O" then answer.out << payload
    when "E" then answer.err << payload
    when "R" then answer.refused << payload
    when "T" then answer.target << payload
    when "X" then answer.exit = fields(payload)
    when "F" then answer.failure = payload
    else raise "unknown frame #{type}"
    end
  end

  def fields(text) = text.lines(chomp: true).to_h { |line| line.split("=", 2) }
end
