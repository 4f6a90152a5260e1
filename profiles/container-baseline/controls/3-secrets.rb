# frozen_string_literal: true

limits = { max_files: input('max_files'), max_walk_seconds: input('max_walk_seconds'), max_read_bytes: input('max_read_bytes'),
           max_total_bytes: input('max_total_bytes'), max_secret_file_bytes: input('max_secret_file_bytes') }

control 'container-3.1' do
  impact 0.9
  title 'No private key is in the image'
  desc 'No file holds a private key, but for those of the input allowed_private_keys. Host keys of SSH are checked by container-3.2.'
  desc 'rationale', 'Everybody who can pull the image has the key, and removing the file in a later layer does not take it out of the image.'
  desc 'check', 'Reads files whose name says that they hold a key, anywhere, and every small file in places where no package manager writes. Looks for PEM, OpenSSH, PGP and PuTTY keys; binary (DER) keys are not recognised.'
  desc 'fix', 'Rebuild the image without the key, replace the key everywhere, and mount the new one when the container starts.'
  tag severity: 'critical'
  tag nist: %w(IA-5 SC-12)
  describe image_secrets(limits).private_keys(input('allowed_private_keys')) do
    its('found') { should be_empty }
  end
end

control 'container-3.2' do
  impact 0.7
  title 'No host key of SSH is in the image'
  desc 'No private host key of an SSH server is in the image.'
  desc 'rationale', 'All containers of the image would have the same identity, known to everybody who has the image.'
  desc 'check', 'Looks for ssh_host_*_key files that hold a key.'
  desc 'fix', 'Remove the keys when the image is built and make them when the container first starts.'
  tag severity: 'high'
  tag nist: %w(IA-5 SC-12)
  describe image_secrets(limits).host_keys do
    its('found') { should be_empty }
  end
end

control 'container-3.3' do
  impact 0.7
  title 'No key opens an account'
  desc 'No authorized_keys file of an account has an entry.'
  desc 'rationale', 'Whoever holds the key enters every container of the image.'
  desc 'check', 'Looks for .ssh/authorized_keys files that are not empty.'
  desc 'fix', 'Remove the file.'
  tag severity: 'high'
  tag nist: %w(AC-3 IA-5)
  describe image_secrets(limits).authorized_keys do
    its('found') { should be_empty }
  end
end

control 'container-3.4' do
  impact 0.9
  title 'No access token is in the image'
  desc 'No file holds an access token of a known form: AWS, GitHub, GitLab, Slack, npm, Google, Stripe. Exceptions are in the input allowed_tokens.'
  desc 'rationale', 'The token works for everybody who has the image until it is revoked.'
  desc 'check', 'Reads every small file in places where no package manager writes.'
  desc 'fix', 'Revoke the token and rebuild the image without it.'
  tag severity: 'critical'
  tag nist: %w(IA-5)
  describe image_secrets(limits).tokens(input('allowed_tokens')) do
    its('found') { should be_empty }
  end
end

control 'container-3.5' do
  impact 0.9
  title 'No credentials of a cloud provider or a cluster are in the image'
  desc 'Files such as .aws/credentials, gcloud and Azure token caches, .kube/config and service account tokens are not in the image.'
  desc 'rationale', 'They open more than this container: an account, a project, a cluster.'
  desc 'check', 'Looks for these files in every folder.'
  desc 'fix', 'Remove the files, revoke the credentials, and use the identity that the platform gives to the workload.'
  tag severity: 'critical'
  tag nist: %w(IA-5 SC-12)
  describe image_secrets(limits).cloud_credentials do
    its('found') { should be_empty }
  end
  describe image_secrets(limits).cluster_credentials do
    its('found') { should be_empty }
  end
end

control 'container-3.6' do
  impact 0.9
  title 'No token of a registry is in the image'
  desc 'Docker, npm, Yarn, PyPI, pip, RubyGems, Cargo, Maven, NuGet and Composer configuration holds no password or token.'
  desc 'rationale', 'It lets a stranger publish packages in your name. Such files are usually left over from the build.'
  desc 'check', 'Looks into these configuration files wherever they lie. Values that name a variable are not counted.'
  desc 'fix', 'Hand the token to the build as a secret mount and revoke this one.'
  tag severity: 'critical'
  tag nist: %w(IA-5)
  describe image_secrets(limits).registry_tokens do
    its('found') { should be_empty }
  end
end

control 'container-3.7' do
  impact 0.7
  title 'No names and passwords are stored'
  desc 'Files such as .git-credentials, .netrc, .pgpass and .my.cnf are not in the image, and package sources hold no password.'
  desc 'rationale', 'They hold passwords in clear.'
  desc 'check', 'Looks for these files in every folder, and for passwords in the configuration of apt, apk, yum and dnf.'
  desc 'fix', 'Remove the files and change the passwords.'
  tag severity: 'high'
  tag nist: %w(IA-5)
  describe image_secrets(limits).stored_logins do
    its('found') { should be_empty }
  end
  describe image_secrets(limits).source_passwords do
    its('found') { should be_empty }
  end
end

control 'container-3.8' do
  impact 0.7
  title 'No file of environment variables holds a secret'
  desc 'Files named .env, .env.something or something.env set no variable whose name tells of a password, secret, token or key.'
  desc 'rationale', 'Such files belong to one machine; they get into an image by a COPY of the whole folder.'
  desc 'check', 'Reads such files outside of packages. Empty values, placeholders and references to other variables are not counted.'
  desc 'fix', 'Name the file in .dockerignore, rebuild, and change the secrets.'
  tag severity: 'high'
  tag nist: %w(IA-5)
  describe image_secrets(limits).env_files do
    its('found') { should be_empty }
  end
end

control 'container-3.9' do
  impact 0.5
  title 'No key store is in the image'
  desc 'PKCS#12, Java, KeePass and Kerberos key stores are not in the image, but for those of the input allowed_key_stores.'
  desc 'rationale', 'They hold private keys, often behind a password that is in the image too.'
  desc 'check', 'Looks for the endings .p12 .pfx .jks .bcfks .kdbx .keystore .keytab.'
  desc 'fix', 'Mount the store when the container starts. Name stores of public certificates in the input.'
  tag severity: 'medium'
  tag nist: %w(IA-5 SC-12)
  describe image_secrets(limits).key_stores(input('allowed_key_stores')) do
    its('found') { should be_empty }
  end
end

control 'container-3.10' do
  impact 0.5
  title 'No history of an interactive program is in the image'
  desc 'Histories of shells, database clients and editors are not in the image.'
  desc 'rationale', 'Passwords are often typed on a command line, and the history tells how the image was made by hand.'
  desc 'check', 'Looks for their file names in every folder.'
  desc 'fix', 'Remove the files; build images by recipe only.'
  tag severity: 'medium'
  tag nist: %w(IA-5 CM-2)
  describe image_secrets(limits).histories do
    its('found') { should be_empty }
  end
end
