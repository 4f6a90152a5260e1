# frozen_string_literal: true

# Runs the block in a child process under another uid, with no capability, and returns its value (or the message of its error).
module AsUser
  def as_user(uid)
    reader, writer = IO.pipe
    pid = fork do
      reader.close
      Process.groups = []
      Process::Sys.setgid(uid)
      Process::Sys.setuid(uid)
      value = begin
        yield
      rescue StandardError => e
        "#{e.class}: #{e.message}"
      end
      writer.write(Marshal.dump(value))
      writer.close
      exit!(0)
    end
    writer.close
    Marshal.load(reader.read).tap { Process.wait(pid) } # rubocop:disable Security/MarshalLoad
  end
end
