# frozen_string_literal: true

limits = { max_files: input('max_files'), max_walk_seconds: input('max_walk_seconds'), max_read_bytes: input('max_read_bytes'),
           max_total_bytes: input('max_total_bytes'), max_secret_file_bytes: input('max_secret_file_bytes') }

control 'container-6.1' do
  impact 0.5
  title 'No trusted certificate has expired'
  desc 'No certificate in the image\'s trust store is past its end.'
  desc 'rationale', 'It shows a trust store that is not kept up to date; connections fail or are no longer checked.'
  desc 'check', 'Reads the bundles of the distributions and the folders for certificates of one\'s own.'
  desc 'fix', 'Rebuild with a current ca-certificates package, and remove what expired.'
  tag severity: 'medium'
  tag nist: %w(SC-17)
  describe image_certificates(limits).expired_trusted do
    its('found') { should be_empty }
  end
end

control 'container-6.2' do
  impact 0.5
  title 'No certificate in configuration has expired'
  desc 'No certificate below /etc, /srv, /opt, /app, /root, /home, /run and the like is past its end.'
  desc 'rationale', 'A service that shows it is refused, or its users learn to ignore the warning.'
  desc 'check', 'Reads PEM certificates in .pem, .crt, .cer and .cert files outside of the trust store.'
  desc 'fix', 'Replace the certificate; better, mount it when the container starts.'
  tag severity: 'medium'
  tag nist: %w(SC-17 SC-8)
  describe image_certificates(limits).expired_own do
    its('found') { should be_empty }
  end
end

control 'container-6.3' do
  impact 0.5
  title 'Certificates in configuration are strong'
  desc 'Certificates outside of the trust store have RSA keys of 2048 bits or more and are not signed with MD5 or SHA-1.'
  desc 'rationale', 'Weak ones can be forged.'
  desc 'check', 'Reads the same certificates as container-6.2.'
  desc 'fix', 'Have new ones made.'
  tag severity: 'medium'
  tag nist: %w(SC-12 SC-13)
  describe image_certificates(limits).weak do
    its('found') { should be_empty }
  end
end
