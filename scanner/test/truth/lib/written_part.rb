# frozen_string_literal: true

# A part of a document that a run writes: `text` between two `marks`.
module WrittenPart
  def current?(document)
    File.read(document) == renewed(document)
  end

  def write(document)
    File.write(document, renewed(document))
  end

  private

  def renewed(document)
    before, rest = File.read(document).split(marks.first, 2)
    raise "#{document} has no place for the table" unless rest&.include?(marks.last)

    [before, marks.first, "\n", text, "\n", marks.last, rest.split(marks.last, 2).last].join
  end
end
