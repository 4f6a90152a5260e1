# frozen_string_literal: true

module Sidescan
  # A command that asks a program what it is (`ssh -V`), where the image has no such program: that it is not there is the whole answer, as a shell in
  # the target would give it. Any other command is about something else, of which a missing program says nothing: it stays refused.
  class AbsentProgram
    ASKED = %r{\A\s*([\w.+-]+)\s+(?:-V|-version|--version|--help)(?:\s+(2>&1))?\s*\z}
    # How the shells of the images say it: dash, bash; any other as busybox.
    SAID = { "dash" => "sh: 1: %s: not found\n", "bash" => "sh: line 1: %s: command not found\n" }.freeze
    BUSYBOX = "sh: %s: not found\n"

    def initialize(root)
      @root = root
    end

    # [stdout, stderr, exit status]; nil unless hold refused the program that `command` asks about, and nothing else, because it is nowhere.
    def answer(command, refused)
      program, joined = command.match(ASKED)&.captures
      return nil unless program && refused == [["absent", program]]

      text = format(SAID.fetch(shell, BUSYBOX), program)
      joined ? [text, "", 127] : ["", text, 127]
    end

    private

    def shell
      @shell ||= ::File.basename(@root.realpath("/bin/sh").to_s)
    end
  end
end
