# frozen_string_literal: true

require "socket"
require "tmpdir"

# The other end of hold's socket, played by the test: whatever bytes a broken or hostile process would send.
class HoldStub
  attr_reader :path, :received

  def self.frame(type, payload = "")
    [payload.bytesize].pack("N") + type + payload.b
  end

  HELLO = frame("H", "protocol=1\npid=1\nsomething_new=x\n")

  # `answer`: bytes that are sent once the request is whole (its G frame came), or nil to say nothing.
  def initialize(hello: HELLO, answer: nil, close: true)
    @folder = Dir.mktmpdir("hold-stub")
    @path = "#{@folder}/hold.sock"
    @received = String.new
    @server = UNIXServer.new(@path)
    @thread = Thread.new { serve(hello, answer, close) }
  end

  def stop
    @thread.kill
    @server.close
    FileUtils.rm_rf(@folder)
  end

  private

  def serve(hello, answer, close)
    loop do
      client = @server.accept
      client.write(hello)
      @received << client.readpartial(65_536) until @received.end_with?(HoldStub.frame("G")) || answer.nil?
      client.write(answer) if answer
      close ? client.close : sleep
    rescue EOFError, Errno::EPIPE, Errno::ECONNRESET
      next
    end
  end
end
