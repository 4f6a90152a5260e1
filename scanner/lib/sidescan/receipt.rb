# frozen_string_literal: true

require "json"

module Sidescan
  # The receipt of docs/scan-pod.md: at most 4,000 bytes of JSON, whatever names and messages it holds.
  class Receipt
    MAX_BYTES = 4000
    MAX_MESSAGE = 1500

    # `fields`: the receipt without `v`, in its order.
    def initialize(fields)
      @fields = { v: 1 }.merge(fields)
      @fields[:error] = cut_message(@fields[:error]) if @fields[:error]
    end

    def ok?
      @fields[:ok]
    end

    # JSON in plain ASCII within MAX_BYTES: lists lose their last entries, which `cut` counts, then the message its end.
    def to_json(*)
      json = generate
      while json.bytesize > MAX_BYTES
        drop_one || shorten_message
        json = generate
      end
      json
    end

    # Writes it where the engine takes termination messages from; engines without them read the log.
    def leave(path)
      File.write(path, to_json)
    rescue SystemCallError => e
      warn "no termination message: #{e.message}"
    end

    private

    def generate
      JSON.generate(@fields, ascii_only: true)
    end

    def drop_one
      coverage = @fields[:coverage] or return false
      longest = coverage.values_at(:refusedPrograms, :targetPrograms).max_by { |list| list.sum(&:bytesize) }
      return false if longest.empty?

      longest.pop
      coverage[:cut] += 1
    end

    def shorten_message
      message = @fields.dig(:error, :message).to_s
      raise "the receipt cannot be made to fit" if message.empty?

      @fields[:error] = @fields[:error].merge(message: message[0, message.length * 3 / 4])
    end

    def cut_message(error)
      text = error[:message].to_s.scrub.gsub(/[[:cntrl:]&&[^\n\t]]/, " ").strip
      text = "#{text.byteslice(0, MAX_MESSAGE - 3).scrub('')}…" if text.bytesize > MAX_MESSAGE
      error.merge(message: text)
    end
  end
end
