# Each property is compared with :value, so that the message of the test shows what the auditor read.
value = lambda do |id, *properties, &build|
  control(id) do
    resource = instance_exec(&build)
    describe(resource) { properties.each { |property| its(property) { should eq :value } } }
  end
end

value.call('passwd', 'users', 'uids', 'homes', 'shells', 'gids', 'count') { passwd }
value.call('passwd filter', 'users', 'entries.length') { passwd.uids(0) }
value.call('passwd where', 'users') { passwd.where { shell =~ /bash/ } }
value.call('shadow', 'users', 'passwords', 'max_days', 'expiry_dates', 'warn_days', 'inactive_days', 'min_days', 'last_changes') { shadow }
value.call('shadow of a user', 'passwords', 'max_days') { shadow.user('app') }
value.call('etc_group', 'groups', 'gids', 'users') { etc_group }
value.call('etc_group where', 'groups', 'users') { etc_group.where(name: 'adm') }
value.call('groups', 'names', 'gids', 'domains', 'members') { groups }
value.call('users', 'usernames', 'uids', 'gids', 'shells', 'homes') { users }
%w[root app old www-data nosuchuser].each do |name|
  value.call("user #{name}", 'exists?', 'uid', 'gid', 'group', 'groups', 'home', 'shell', 'maxdays', 'mindays', 'warndays', 'disabled?', 'username') { user(name) }
  value.call("group #{name}", 'exists?', 'gid', 'members', 'local') { group(name) }
end
value.call('login_defs', 'UMASK', 'PASS_MAX_DAYS', 'ENCRYPT_METHOD', 'NOSUCH') { login_defs }
value.call('limits_conf', '*', 'app') { limits_conf }
