# frozen_string_literal: true

# Keys, tokens and passwords left in the files of an image.
class ImageSecrets < Inspec.resource(1)
  name 'image_secrets'
  supports platform: 'linux'
  desc 'Finds private keys, tokens and passwords in the files of a container image'
  example "describe image_secrets.private_keys([]) do\n  its('found') { should be_empty }\nend"

  HOST_KEY = %r{/ssh_host_[a-z0-9]+_key\z}n.freeze
  AUTHORIZED = %r{/\.ssh/authorized_keys2?\z|\A/etc/ssh/authorized_keys}n.freeze
  CLOUD = %w(.aws/credentials .config/gcloud/application_default_credentials.json .config/gcloud/credentials.db .azure/accessTokens.json
             .azure/msal_token_cache.json .oci/oci_api_key.pem .config/doctl/config.yaml .terraform.d/credentials.tfrc.json .boto .s3cfg).freeze
  LOGINS = %w(.git-credentials .netrc _netrc .pgpass .my.cnf .mylogin.cnf .vault-token .smbcredentials).freeze
  KUBE = %w(.kube/config etc/kubernetes/admin.conf etc/rancher/k3s/k3s.yaml var/run/secrets/kubernetes.io/serviceaccount/token).freeze
  HISTORIES = /\A\.((ba|z|k|a)?sh_history|history|(python|node_repl|mysql|psql|rediscli|sqlite)_history|lesshst|viminfo|wget-hsts)\z/n.freeze
  STORES = /\.(p12|pfx|jks|bcfks|kdbx|keystore|keytab)\z/i.freeze
  REGISTRIES = {
    %r{/(\.docker/config\.json|\.dockercfg|containers/auth\.json)\z}n => /"(auth|identitytoken|password)"\s*:\s*"[^"]{4,}"/n,
    %r{/\.npmrc\z|/etc/npmrc\z}n => /(_authToken|_auth|_password)\s*=\s*["']?(?!\$\{)[^\s"']{4,}/n,
    %r{/\.yarnrc\.yml\z}n => /npmAuth(Token|Ident):\s*["']?(?!\$\{)[^\s"']{4,}/n,
    %r{/\.pypirc\z}n => /^[ \t]*password[ \t]*[=:]\s*\S{4,}/n,
    %r{/(pip\.conf|pip/pip\.conf)\z}n => %r{://[^/\s:@]+:[^/\s@]+@}n,
    %r{/\.gem/credentials\z}n => /:\s*\S{8,}/n,
    %r{/\.cargo/credentials(\.toml)?\z}n => /^[ \t]*token[ \t]*=[ \t]*"[^"]{4,}"/n,
    %r{/\.m2/settings\.xml\z}n => %r{<password>(?!\$\{)[^<]{4,}</password>}n,
    %r{/(NuGet|nuget)\.config\z}ni => /ClearTextPassword/n,
    %r{/\.composer/auth\.json\z}n => /"(password|[^"]*token)"\s*:\s*"[^"]{4,}"/n
  }.freeze
  SOURCES = %r{\A/etc/(apt/((sources\.list|auth\.conf|apt\.conf)(\.d/.+)?)|apk/repositories|yum\.conf|yum\.repos\.d/.+|dnf/dnf\.conf)\z}n.freeze
  SOURCE_PASSWORD = %r{://[^/\s:@]+:[^/\s@]+@|^[ \t]*password[ \t]*=[ \t]*\S+|^machine\s.*\bpassword\s+\S+}n.freeze
  ENV_FILE = /\A\.env(\..+)?\z|\.env\z/n.freeze
  ENV_NAME = /PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|CREDENTIAL/i.freeze
  # An empty value, a reference to a variable, or a word that stands for one that is to be filled in.
  ENV_PLACEHOLDER = /\A(.{0,3}|\$.*|<.*|(changeme|change_me|example|your|xxx).*)\z/mi.freeze

  def initialize(limits = {})
    super()
    @root = TargetRoot.of(inspec.backend, limits)
    @small = limits.fetch(:max_secret_file_bytes, 65_536)
  end

  def private_keys(allowed)
    list = AllowList.new(allowed)
    Findings.new('Private keys in files') do
      found = @root.entries.select { |e| SecretFiles.key_name?(e) && !e.path.match?(HOST_KEY) && holds?(e, SecretFiles::KEY_BLOCK) }
      (found.map(&:path) + marked('private key')).uniq.reject { |path| list.allows?(path) }
    end
  end

  def tokens(allowed)
    list = AllowList.new(allowed)
    Findings.new('Access tokens of a known form in files') do
      SecretFiles::TOKENS.keys.flat_map { |kind| marked(kind).map { |path| [path, kind] } }
                         .reject { |path, _| list.allows?(path) }.map { |path, kind| "#{path}: #{kind}".b }
    end
  end

  def host_keys
    named('Host keys of an SSH server') { |e| e.path.match?(HOST_KEY) && holds?(e, SecretFiles::KEY_BLOCK) }
  end

  def authorized_keys
    named('Keys that open an account') { |e| e.path.match?(AUTHORIZED) && !@root.settings(e.path).empty? }
  end

  def cloud_credentials
    named('Credentials of a cloud provider') { |e| ends_with?(e, CLOUD) }
  end

  def registry_tokens
    named('Tokens of a registry') { |e| REGISTRIES.any? { |place, secret| e.path.match?(place) && holds?(e, secret) } }
  end

  def stored_logins
    named('Stored names and passwords') { |e| ends_with?(e, LOGINS) && !@root.settings(e.path).empty? }
  end

  def cluster_credentials
    named('Credentials of a Kubernetes cluster') { |e| ends_with?(e, KUBE) }
  end

  def env_files
    named('Files of environment variables with a secret') do |e|
      e.basename.match?(ENV_FILE) && SecretFiles.written_here?(e) && @root.settings(e.path).any? { |line| env_secret?(line) }
    end
  end

  def key_stores(allowed)
    list = AllowList.new(allowed)
    named('Key stores') { |e| e.basename.match?(STORES) && !list.allows?(e.path) }
  end

  def histories
    named('Histories of interactive programs') { |e| e.basename.match?(HISTORIES) }
  end

  def source_passwords
    named('Passwords in package sources') { |e| e.path.match?(SOURCES) && holds?(e, SOURCE_PASSWORD) }
  end

  def to_s
    'Secrets in the image'
  end

  private

  def named(title)
    Findings.new(title) { @root.entries.select { |e| e.file? && e.size.positive? && yield(e) }.map(&:describe) }
  end

  def ends_with?(entry, endings)
    endings.any? { |ending| entry.path.end_with?("/#{ending}") }
  end

  def env_secret?(line)
    name, value = line.split('=', 2)
    return false unless value && name.match?(ENV_NAME)

    !value.strip.delete(%q('")).match?(ENV_PLACEHOLDER)
  end

  def holds?(entry, pattern)
    @root.text(entry.path).to_s.match?(pattern)
  end

  # Paths of small files in which a mark was seen. Every such file is read once a run.
  def marked(kind)
    @marked ||= read_small_files
    @marked.fetch(kind, [])
  end

  def read_small_files
    patterns = SecretFiles::TOKENS.merge('private key' => SecretFiles::KEY_BLOCK)
    @root.entries.each_with_object({}) do |entry, marks|
      next unless SecretFiles.written_here?(entry) && entry.size <= @small && !entry.path.match?(HOST_KEY)

      text = @root.text(entry.path).to_s
      patterns.each { |kind, pattern| (marks[kind] ||= []) << entry.path if text.match?(pattern) }
    end
  end
end
