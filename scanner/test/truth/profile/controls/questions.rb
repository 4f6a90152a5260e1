# Questions as published profiles ask them. Whoever cannot know the answer must not let the "not" of some of them pass.
question = lambda do |id, *examples, &build|
  control(id) do
    resource = instance_exec(&build)
    examples.each { |matcher, negated| describe(resource) { it { negated ? should_not(send(matcher)) : should(send(matcher)) } } }
  end
end
is = ->(*names) { names.map { |name| [name, false] } }
isnt = ->(*names) { names.map { |name| [name, true] } }

%w[telnetd nis libc6].each { |name| question.call("question package #{name}", *isnt[:be_installed]) { package(name) } }
%w[tzdata bash].each { |name| question.call("question package #{name} is", *is[:be_installed]) { package(name) } }
%w[sshd ssh cron avahi-daemon].each { |name| question.call("question service #{name}", *isnt[:be_running, :be_enabled, :be_installed]) { service(name) } }
%w[ssh cron].each { |name| question.call("question systemd_service #{name}", *isnt[:be_running, :be_enabled]) { systemd_service(name) } }
%w[/etc/passwd /etc/hosts.equiv /srv/files/setuid /srv/files/relative /bin/sh /usr/sbin/sshd].each do |path|
  question.call("question file #{path}", *isnt[:exist, :be_symlink], *is[:be_owned_by_root]) { file(path) }
end
%w[app toor].each { |name| question.call("question user #{name}", *isnt[:exist]) { user(name) } }
%w[wheel adm].each { |name| question.call("question group #{name}", *isnt[:exist]) { group(name) } }
%w[telnet gcc sh ls].each { |name| question.call("question command #{name}", *isnt[:exist]) { command(name) } }
question.call('question port', *isnt[:be_listening]) { port(23) }
question.call('question port that listens', *isnt[:be_listening]) { port(8022) }
question.call('question mount', *is[:be_mounted]) { mount('/proc') }
question.call('question mount none', *isnt[:be_mounted]) { mount('/boot') }
question.call('question kernel_module', *isnt[:be_loaded], *is[:be_disabled]) { kernel_module('cramfs') }
question.call('question processes', *isnt[:exist]) { processes('sshd') }
question.call('question x509_certificate', *is[:be_certificate, :be_valid]) { x509_certificate('/srv/files/cert.pem') }

# The empty output of a command that did not run is no answer.
{
  'set-uid programs' => 'find / -xdev -type f -perm -4000 -not -path "/sidescan/*" 2>/dev/null',
  'empty passwords' => "awk -F: '($2 == \"\") {print $1}' /etc/shadow",
  'legacy entries' => "grep '^+:' /etc/passwd /etc/group",
  'set-uid by find -exec' => 'find /srv/files -perm -4000 -exec nosuchprogram {} \;',
  'locked passwords' => 'passwd -S -a | grep " P "',
  'sshd settings' => 'sshd -T 2>/dev/null | grep -i "permitrootlogin yes"',
  'open ports' => 'ss -Htln "sport = :23"',
  'enabled units' => 'systemctl list-unit-files --state=enabled | grep avahi',
  'firewall' => 'iptables -S | grep ACCEPT',
  'rpm packages' => 'rpm -qa | grep telnet'
}.each do |id, line|
  control("question: #{id}") { describe(command(line)) { its('stdout') { should be_empty } } }
end
