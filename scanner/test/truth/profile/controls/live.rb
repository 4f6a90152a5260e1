# Each property is compared with :value, so that the message of the test shows what the auditor read.
value = lambda do |id, *properties, &build|
  control(id) do
    resource = instance_exec(&build)
    describe(resource) { properties.each { |property| its(property) { should eq :value } } }
  end
end

value.call('processes', 'commands', 'users', 'states') { processes(/hold|sleep/) }
value.call('processes one', 'entries.length', 'exist?') { processes('nosuchprocess') }
value.call('port', 'listening?', 'protocols', 'addresses') { port(8022) }
value.call('port process', 'processes') { port(8022) }
value.call('port of an address', 'listening?') { port('127.0.0.1', 8022) }
value.call('port none', 'listening?', 'processes', 'protocols', 'addresses', 'pids.length') { port(22) }
value.call('port range', 'ports') { port.where { port > 1 } }
%w[/ /proc /dev /nowhere].each { |path| value.call("mount #{path}", 'mounted?', 'type', 'device', 'options') { mount(path) } }
value.call('filesystem', 'type', 'name') { filesystem('/') }
value.call('interface', 'exists?', 'up?', 'name') { interface('lo') }
value.call('interfaces', 'names') { interfaces }
%w[ls nosuchcommand bash /usr/bin/sudo cd sshd nginx].each { |name| value.call("exist #{name}", 'exist?') { command(name) } }
value.call('bash', 'stdout', 'stderr', 'exit_status') { bash('echo $((1+2)); [[ -f /etc/passwd ]] && echo yes') }
