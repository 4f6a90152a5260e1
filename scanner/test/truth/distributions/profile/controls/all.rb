# Each property is compared with :value, so that the message of the test shows what the auditor read.
value = lambda do |id, *properties, &build|
  control(id) do
    resource = instance_exec(&build)
    describe(resource) { properties.each { |property| its(property) { should eq :value } } }
  end
end

value.call('os', 'name', 'family', 'release', 'arch') { os }
value.call('os questions', 'linux?', 'debian?', 'redhat?', 'unix?', 'windows?') { os }
%w[first part7 bash libc6 busybox alpine-baselayout gpg-pubkey nosuchpackage].each { |name| value.call("package #{name}", 'installed?', 'version') { package(name) } }
value.call('packages all', 'entries.length') { packages(/./) }
value.call('packages', 'names', 'versions', 'architectures', 'statuses') { packages(/\A(?:first|part1?7|bash|libc6|busybox|alpine-baselayout)\z/) }
%w[root app nobody nosuchuser].each { |name| value.call("user #{name}", 'exists?', 'uid', 'gid', 'groups', 'home', 'shell') { user(name) } }
%w[root wheel].each { |name| value.call("group #{name}", 'exists?', 'gid') { group(name) } }
value.call('passwd', 'users', 'shells') { passwd }
value.call('shadow', 'users', 'passwords') { shadow }
%w[/etc/passwd /bin/sh /etc/os-release /server].each { |path| value.call("file #{path}", 'exist?', 'file?', 'symlink?', 'mode', 'owner', 'path') { file(path) } }
%w[sh ls apk rpm dpkg].each { |name| value.call("exist #{name}", 'exist?') { command(name) } }
%w[cron ours nosuchservice].each { |name| value.call("service #{name}", 'installed?', 'enabled?', 'running?') { service(name) } }
value.call('processes', 'entries.length') { processes('nosuchprocess') }
value.call('mount', 'type') { mount('/proc') }
[
  'find / -xdev -type f -perm -4000 -not -path "/sidescan/*" 2>/dev/null | sort | head -3',
  'awk -F: \'$3 == 0 { print $1 }\' /etc/passwd',
  'stat -c "%a %U:%G" /etc/passwd',
  'grep -c . /etc/passwd',
  'id -u root',
  'test -x /bin/sh && echo shell || echo none',
  'for word in a b; do echo "$word"; done | tr a-b A-B'
].each { |line| value.call("line: #{line}", 'stdout', 'exit_status') { command(line) } }

# Questions of the package managers, as the auditor's resources ask them and as profiles do.
LINES = [
  'dpkg -s bash', 'dpkg -s nosuchpackage', "dpkg-query -W -f='${db:Status-Abbrev}  ${Package}  ${Version}  ${Architecture}\\n'",
  'rpm -q first', 'rpm -q nosuchpackage', 'rpm -qa', 'rpm -qi first', 'rpm -qi nosuchpackage', "rpm -qa --queryformat '%{NAME}  %{VERSION}-%{RELEASE}  %{ARCH}\\n'",
  "rpm -q --qf '%{EPOCH} %{VENDOR} %{SUMMARY}\\n' first", 'apk info -vv --no-network | grep busybox', 'apk info -vv --no-network | grep nosuchpackage', 'apk list --no-network --installed'
].freeze
LINES.each do |line|
  value.call("line: #{line}", 'stdout', 'stderr', 'exit_status') { command(line) }
  # The same by the tools: the first is answered from the database by the scanner itself, the one in braces by the tools in the target.
  control("both: #{line}") do
    tools = command("{ #{line}; }")
    describe(command(line)) do
      %w[stdout stderr exit_status].each { |property| its(property) { should eq tools.public_send(property) } }
    end
  end
end

# What must not pass where it is not known.
control('question package') { describe(package('telnetd')) { it { should_not be_installed } } }
control('question service') { describe(service('sshd')) { it { should_not be_running } } }
control('question packages') { describe(packages(/telnet/)) { its('entries') { should be_empty } } }
