# frozen_string_literal: true

# Which files of an image may hold a secret, and what a secret looks like.
module SecretFiles
  KEY_NAMES = /(\.(pem|key|ppk|p8|pk8|priv)|\Aid_(rsa|dsa|ecdsa|ed25519)(_sk)?|_key|\Aidentity)\z/i.freeze
  # Every pattern here is applied to files that an enemy may have written: none of them may take more than linear time.
  KEY_BLOCK = %r{-----BEGIN[ ](?:[A-Z0-9]+[ ]){0,3}PRIVATE[ ]KEY(?:[ ]BLOCK)?-----(?:\s|\\n)+(?:[A-Za-z-]+:[ ][^\n]*\n\s*){0,8}[A-Za-z0-9+/=]{16}
                 |^PuTTY-User-Key-File-\d}nx.freeze
  TOKENS = {
    'AWS access key' => /(?<![A-Z0-9])AKIA[A-Z2-7]{16}(?![A-Z0-9])/n,
    'GitHub token' => /(?<![A-Za-z0-9_])(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})/n,
    'GitLab token' => /(?<![A-Za-z0-9_])glpat-[A-Za-z0-9_-]{20}/n,
    'Slack token' => /(?<![A-Za-z0-9])xox[abprs]-\d{8,}-[A-Za-z0-9-]{10,}/n,
    'npm token' => /(?<![A-Za-z0-9_])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])/n,
    'Google API key' => /(?<![A-Za-z0-9_-])AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])/n,
    'Stripe live key' => /(?<![A-Za-z0-9_])[rs]k_live_[A-Za-z0-9]{24,}/n
  }.freeze
  # Where only the package manager writes: its files come from a distribution, and reading all of them would take minutes.
  PACKAGED = %w(/usr/ /bin/ /sbin/ /lib/ /lib32/ /lib64/ /libx32/ /boot/ /nix/store/ /var/lib/dpkg/ /var/lib/apt/ /var/lib/rpm/
                /var/cache/).freeze
  UNPACKAGED = %w(/usr/local/ /usr/src/).freeze
  CODE = %r{/(node_modules|site-packages|dist-packages|gems)/}n.freeze

  # True if the name alone says that a key may be in it, wherever it lies.
  def self.key_name?(entry)
    entry.file? && entry.basename.match?(KEY_NAMES)
  end

  # True if people, builds or programs write where this file lies, and it is not a library of some language.
  def self.written_here?(entry)
    path = entry.path
    return false unless entry.file? && entry.size.positive? && !path.match?(CODE)

    UNPACKAGED.any? { |place| path.start_with?(place) } || PACKAGED.none? { |place| path.start_with?(place) }
  end
end
