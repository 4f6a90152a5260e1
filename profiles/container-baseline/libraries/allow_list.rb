# frozen_string_literal: true

# Paths or names that an input allows: `*` stands for any characters, slashes included.
class AllowList
  def initialize(patterns)
    @patterns = Array(patterns).map { |pattern| pattern.to_s.b }
  end

  def allows?(text)
    @patterns.any? { |pattern| File.fnmatch?(pattern, text.b, File::FNM_DOTMATCH | File::FNM_NOESCAPE) }
  end
end
