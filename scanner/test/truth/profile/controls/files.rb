# Each property is compared with :value, so that the message of the test shows what the auditor read.
value = lambda do |id, *properties, &build|
  control(id) do
    resource = instance_exec(&build)
    describe(resource) { properties.each { |property| its(property) { should eq :value } } }
  end
end

files = %w[/etc/passwd /etc/shadow /etc /usr/bin/passwd /bin /bin/sh /srv/files/plain /srv/files/setuid /srv/files/sticky /srv/files/setgid /srv/files/relative
           /srv/files/absolute /srv/files/chain /srv/files/dirlink /srv/files/dangling /srv/files/loop /srv/files/fifo /srv/files/empty /dev/null /dev/zero
           /nowhere /etc/passwd/x /proc/version /etc/mtab /srv/files/../files/plain /srv//files/./plain] + ['/srv/files/a file']
facts = %w[exist? file? directory? symlink? pipe? socket? block_device? character_device? mode owner group uid gid basename setuid? setgid? sticky? allowed? path
           shallow_link_path]
files.each { |path| value.call("file #{path}", *(facts - %w[allowed?])) { file(path) } }
%w[/etc/passwd /srv/files/plain /srv/files/relative /srv/files/empty /srv/files/zeros /srv/files/latin1 /etc /nowhere].each do |path|
  value.call("content #{path}", 'content', 'size', 'md5sum', 'sha256sum') { file(path) }
end
%w[/srv/files/plain /srv/files/relative /nowhere].each { |path| value.call("times #{path}", 'mtime', 'type') { file(path) } }
# Answers that are no resources stand in a list: RSpec takes a text, true and false for names of tests.
%w[/srv/files/relative /srv/files/absolute /srv/files/chain /srv/files/dirlink /bin /etc/passwd /nowhere].each do |path|
  value.call("link #{path}", 'first', 'last') { [file(path).link_path, file(path).linked_to?('/srv/files/plain')] }
end
%w[owner group others all].product(%w[/srv/files/plain /etc/shadow /srv/files/setuid /nowhere]).each do |who, path|
  %i[readable? writable? executable?].each { |how| value.call("#{how} by #{who} #{path}", 'first') { [file(path).public_send(how, who, nil)] } }
end
%w[root app www-data nobody].product(%w[/srv/files/plain /etc/shadow /srv/files/setuid /etc/passwd /srv/files/sticky /nowhere]).each do |who, path|
  %i[readable? writable? executable?].each { |how| value.call("#{how} by user #{who} #{path}", 'first') { [file(path).public_send(how, nil, who)] } }
end
%w[0600 0640 0777].each { |mode| value.call("more permissive than #{mode}", 'first') { [file('/srv/files/plain').more_permissive_than?(mode)] } }
%w[/ /proc /nowhere].each { |path| value.call("mounted #{path}", 'mounted?') { file(path) } }
value.call('directory', 'exist?', 'mode', 'owner') { directory('/srv/files') }
value.call('immutable', 'immutable?') { file('/etc/passwd') }
