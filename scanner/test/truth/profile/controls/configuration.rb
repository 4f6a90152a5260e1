# Each property is compared with :value, so that the message of the test shows what the auditor read.
value = lambda do |id, *properties, &build|
  control(id) do
    resource = instance_exec(&build)
    describe(resource) { properties.each { |property| its(property) { should eq :value } } }
  end
end

value.call('sshd_config', 'Port', 'PermitRootLogin', 'Include', 'UsePAM', 'AcceptEnv', 'Subsystem', 'NoSuch') { sshd_config }
value.call('ssh_config', 'Host', 'SendEnv', 'HashKnownHosts') { ssh_config }
value.call('sshd_config of a path', 'Port') { sshd_config('/nowhere') }
value.call('nginx_conf', 'params', 'http.entries', 'user') { nginx_conf }
value.call('nginx_conf http', 'servers.entries', 'locations.entries') { nginx_conf.http }
value.call('apache_conf', 'Timeout', 'ServerTokens', 'ServerRoot') { apache_conf('/etc/apache2/apache2.conf') }
value.call('postgres_conf', 'port', 'ssl', 'listen_addresses', 'nosuch') { postgres_conf('/etc/postgresql/15/main/postgresql.conf') }
value.call('postgres_hba_conf', 'type', 'database', 'user', 'address', 'auth_method') { postgres_hba_conf('/etc/postgresql/15/main/pg_hba.conf') }
value.call('postgres_ident_conf', 'map_name', 'pg_username') { postgres_ident_conf('/etc/postgresql/15/main/pg_ident.conf') }
value.call('postgres', 'conf_dir', 'data_dir', 'version') { postgres }
value.call('mysql_conf', 'params') { mysql_conf('/etc/mysql/my.cnf') }
value.call('mysql', 'conf_path') { mysql }
value.call('inetd_conf', 'ftp', 'shell') { inetd_conf }
value.call('ntp_conf', 'server', 'restrict', 'driftfile') { ntp_conf }
value.call('chrony_conf', 'pool', 'makestep') { chrony_conf('/etc/chrony/chrony.conf') }
value.call('auditd_conf', 'log_file', 'max_log_file', 'space_left_action') { auditd_conf }
value.call('auditd', 'lines') { auditd }
value.call('etc_fstab', 'device_name', 'mount_point', 'mount_options', 'file_system_type', 'configured?') { etc_fstab }
value.call('etc_fstab where', 'mount_options') { etc_fstab.where { mount_point == '/data' } }
value.call('etc_hosts', 'ip_address', 'primary_name', 'all_host_names') { etc_hosts('/srv/files/hosts') }
value.call('etc_hosts_allow', 'daemon', 'client_list') { etc_hosts_allow }
value.call('etc_hosts_deny', 'daemon', 'client_list') { etc_hosts_deny }
%w[root app].each { |name| value.call("mail_alias #{name}", 'first') { [mail_alias('postmaster').aliased_to?(name)] } }
value.call('crontab', 'commands', 'minutes', 'hours') { crontab }
value.call('crontab of a user', 'commands', 'minutes') { crontab('app') }
value.call('crontab of a path', 'commands', 'user', 'minutes', 'hours', 'weekdays') { crontab(path: '/etc/cron.d/test') }
value.call('cron', 'table') { cron }
value.call('cron of a user', 'table') { cron(user: 'app') }
value.call('ini', %w[main key], 'main', 'other.port', 'nosuch') { ini('/srv/files/conf.ini') }
value.call('json', 'a', 'on') { json('/srv/files/conf.json') }
value.call('json deep', ['a', 'b', 2, 'c'], 'a.b') { json('/srv/files/conf.json') }
value.call('json of a command', 'a') { json({ command: 'cat /srv/files/conf.json' }) }
value.call('yaml', 'a', 'name') { yaml('/srv/files/conf.yaml') }
value.call('xml', 'root/item', 'root/item/@id') { xml('/srv/files/conf.xml') }
value.call('toml', 'title', 'owner') { toml('/srv/files/conf.toml') }
value.call('csv', 'name', 'age') { csv('/srv/files/conf.csv') }
value.call('json that is none', 'a') { json('/nowhere') }
value.call('parse_config_file', 'PORT', 'NAME', 'params') { parse_config_file('/srv/files/conf.plain') }
value.call('parse_config', 'params') { parse_config("a=1\nb = 2\n") }
value.call('x509_certificate', 'subject_dn', 'issuer_dn', 'key_length', 'signature_algorithm', 'version', 'serial', 'validity_in_days.floor', 'extensions', 'certificate?', 'valid?') { x509_certificate('/srv/files/cert.pem') }
value.call('x509_certificate purpose', 'first') { [x509_certificate('/srv/files/cert.pem').has_purpose?('sslserver')] }
value.call('key_rsa', 'public?', 'private?', 'key_length', 'public_key') { key_rsa('/srv/files/key.pem') }
value.call('x509_private_key', 'valid?', 'encrypted?') { x509_private_key('/srv/files/key.pem') }
value.call('aide_conf', 'selection_lines', 'rules') { aide_conf }
value.call('aide_conf rule', 'first', 'last') { [aide_conf.all_have_rule('sha256'), aide_conf.all_have_rule('md5')] }
value.call('selinux', 'installed?', 'enforcing?', 'disabled?') { selinux }
value.call('grub_conf', 'kernel', 'GRUB_TIMEOUT') { grub_conf }
value.call('iptables', 'first') { [iptables.has_rule?('-P INPUT ACCEPT')] }
value.call('yum', 'exist?') { yum.repo('base') }
value.call('etc_hosts of a path', 'ip_address') { etc_hosts('/nowhere') }
%w[common-auth sudo nosuch].each do |name|
  value.call("pam #{name}", 'content', 'exist?', 'mode') { file("/etc/pam.d/#{name}") }
  value.call("pam #{name} parsed", 'params') { parse_config_file("/etc/pam.d/#{name}", assignment_regex: /^(\w+)\s+(.*)$/, multiple_values: true) }
end
value.call('pam modules', 'stdout', 'exit_status') { command('grep -hE "^auth.*pam_unix" /etc/pam.d/* | sort -u') }
