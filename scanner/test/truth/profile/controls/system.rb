# Each property is compared with :value, so that the message of the test shows what the auditor read.
value = lambda do |id, *properties, &build|
  control(id) do
    resource = instance_exec(&build)
    describe(resource) { properties.each { |property| its(property) { should eq :value } } }
  end
end

%w[bash openssh-server nginx-light libc6 libc6:amd64 nosuchpackage sudo].each { |name| value.call("package #{name}", 'installed?', 'version', 'held?', 'latest?') { package(name) } }
value.call('packages', 'names', 'versions', 'statuses', 'architectures') { packages(/^(bash|nginx|libc6|sudo)/) }
value.call('packages where', 'entries.length') { packages(/ssh/).where { status == 'installed' } }
%w[sshd ssh nginx cron ntpsec ours nosuchservice ours.service systemd-journald getty@tty1].each do |name|
  value.call("service #{name}", 'installed?', 'enabled?', 'running?', 'startmode', 'type', 'name', 'description') { service(name) }
  value.call("systemd_service #{name}", 'installed?', 'enabled?', 'running?') { systemd_service(name) }
end
value.call('service params', 'params') { service('ours') }
value.call('sysv_service', 'installed?', 'enabled?', 'running?') { sysv_service('cron') }
%w[pip setuptools nosuch].each { |name| value.call("pip #{name}", 'installed?', 'version') { pip(name) } }
%w[rexml json nosuch].each { |name| value.call("gem #{name}", 'installed?', 'version') { gem(name) } }
value.call('npm', 'installed?', 'version') { npm('left') }
value.call('apt', 'exists?', 'enabled?') { apt('http://deb.example/debian') }
value.call('apt none', 'exists?', 'enabled?') { apt('http://other.example/debian') }
value.call('kernel modules', 'loaded?', 'disabled?', 'blacklisted?', 'version') { kernel_module('cramfs') }
value.call('kernel module blacklist', 'loaded?', 'blacklisted?', 'version') { kernel_module('usb-storage') }
value.call('os', 'name', 'family', 'release', 'arch') { os }
value.call('os questions', 'debian?', 'linux?', 'redhat?', 'windows?', 'unix?') { os }
value.call('platform', 'name', 'release', 'arch') { platform }
value.call('sys_info', 'hostname', 'manufacturer', 'model', 'fqdn', 'domain', 'ip_address', 'short') { sys_info }
value.call('virtualization', 'system', 'role') { virtualization }
value.call('timezone', 'identifier') { timezone }
%w[PATH APP_MODE HOME LANG NOSUCH].each { |name| value.call("os_env #{name}", 'content', 'split') { os_env(name) } }
%w[net.ipv4.ip_forward kernel.randomize_va_space kernel.hostname fs.suid_dumpable net.ipv4.conf.all.accept_redirects no.such.parameter kernel.core_pattern].each do |name|
  value.call("kernel_parameter #{name}", 'value') { kernel_parameter(name) }
end
