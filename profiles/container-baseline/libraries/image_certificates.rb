# frozen_string_literal: true

require 'openssl'

# X.509 certificates in the image: those it trusts and those it may show.
class ImageCertificates < Inspec.resource(1)
  name 'image_certificates'
  supports platform: 'linux'
  desc 'Finds expired and weak certificates in a container image'
  example "describe image_certificates.expired_trusted do\n  its('found') { should be_empty }\nend"

  BUNDLES = %w(/etc/ssl/certs/ca-certificates.crt /etc/ssl/cert.pem /etc/pki/tls/certs/ca-bundle.crt /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem
               /etc/ssl/ca-bundle.pem /var/lib/ca-certificates/ca-bundle.pem).freeze
  ADDED = %w(/usr/local/share/ca-certificates/ /etc/pki/ca-trust/source/anchors/ /etc/ca-certificates/trust-source/anchors/).freeze
  OWN = %w(/etc/ /srv/ /opt/ /app/ /root/ /home/ /run/ /var/lib/ /certs/ /tls/ /ssl/).freeze
  NAMES = /\.(pem|crt|cer|cert)\z/i.freeze
  BLOCK = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END (?:TRUSTED |X509 )?CERTIFICATE-----/n.freeze
  WEAK_HASH = /md2|md4|md5|sha1(?!\d)/i.freeze
  Certificate = Struct.new(:path, :x509)

  def initialize(limits = {})
    super()
    @root = TargetRoot.of(inspec.backend, limits)
  end

  def expired_trusted(now = Time.now)
    Findings.new('Trusted certificates that have expired') { expired(trusted, now) }
  end

  def expired_own(now = Time.now)
    Findings.new('Certificates in configuration that have expired') { expired(own, now) }
  end

  # Trusted roots are left out for the hash: nobody checks the signature that a root makes over itself.
  def weak
    Findings.new('Certificates with a weak key or signature') do
      own.filter_map do |certificate|
        reason = weakness(certificate.x509)
        "#{certificate.path}: #{certificate.x509.subject.to_s(OpenSSL::X509::Name::RFC2253)}: #{reason}".b if reason
      end
    end
  end

  def to_s
    'Certificates of the image'
  end

  private

  def trusted
    @trusted ||= read(@root.files_in(BUNDLES, ADDED))
  end

  # The links of /etc/ssl/certs lead to the trust store, whose own files are trusted ones.
  def own
    @own ||= read(@root.files_in(OWN).reject { |e| BUNDLES.include?(e.path) || e.path.start_with?('/etc/ssl/certs/', *ADDED) })
  end

  def read(entries)
    entries.select { |e| e.basename.match?(NAMES) && e.size.positive? }.flat_map do |e|
      @root.text(e.path).to_s.scan(BLOCK).filter_map { |block| parse(e.path, block) }
    end
  end

  # A block that is no certificate is what a test file of some library holds: it can neither expire nor be used.
  def parse(path, block)
    Certificate.new(path, OpenSSL::X509::Certificate.new(block.sub('TRUSTED ', '').sub('X509 ', '')))
  rescue OpenSSL::X509::CertificateError
    nil
  end

  def expired(certificates, now)
    certificates.select { |c| c.x509.not_after < now }.map do |c|
      "#{c.path}: #{c.x509.subject.to_s(OpenSSL::X509::Name::RFC2253)}: since #{c.x509.not_after.utc.strftime('%Y-%m-%d')}".b
    end
  end

  def weakness(x509)
    key = x509.public_key
    return "RSA key of #{key.n.num_bits} bits" if key.is_a?(OpenSSL::PKey::RSA) && key.n.num_bits < 2048
    return "DSA key" if key.is_a?(OpenSSL::PKey::DSA)

    "signature #{x509.signature_algorithm}" if x509.issuer != x509.subject && x509.signature_algorithm.match?(WEAK_HASH)
  rescue OpenSSL::OpenSSLError => e
    "its key cannot be read (#{e.message})"
  end
end
