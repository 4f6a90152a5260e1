# Command lines as published profiles write them. What they print, on both streams, and how they end must be the same.
LINES = <<'COMMANDS'.lines.map(&:chomp).reject(&:empty?)
echo hello
printf '%s\n' a b c | sort -r | head -1
find / -xdev -type f -perm -4000 -not -path '/sidescan/*' 2>/dev/null | sort
find /srv/files -maxdepth 1 -printf '%f %m %u %g\n' | sort
find /srv/files -type f -size 0 -exec ls -l --time-style=+%Y {} \;
find /srv/files -xdev \( -nouser -o -nogroup \) -print
find /etc -name '*.conf' -newer /nowhere
ls -l /srv/files/plain
ls -la --time-style=+ /srv/files | awk '{print $1, $3, $4, $NF}'
ls -Z /srv/files/plain
ls /nowhere
stat -c '%a %U %G %n' /srv/files/plain /srv/files/sticky
stat -L -c %F /srv/files/chain
stat --format=%i /nowhere
cat /etc/hostname /nowhere
cat /srv/files/latin1 | od -c | head -2
grep -E '^root:' /etc/passwd
grep -c bash /etc/passwd
grep -rn 'key' /srv/files --include='*.ini'
grep -P '^\w+:x:0:' /etc/passwd
grep nosuch /etc/passwd
grep -v '^#' /etc/login.defs | grep -i pass_max_days | awk '{print $2}'
egrep '^(root|app):' /etc/group
awk -F: '($3 == 0) {print $1}' /etc/passwd
awk -F: '$3 >= 1000 && $1 != "nobody" {print $1 ":" $6}' /etc/passwd | sort
awk 'BEGIN { printf "%.2f\n", 10/3 }'
sed -n '1,3p' /etc/passwd
sed -e 's/root/ROOT/g' /etc/passwd | head -1
cut -d: -f1,7 /etc/passwd | sort -t: -k2 | uniq -c | head -5
tr '[:lower:]' '[:upper:]' < /etc/hostname | wc -l
wc -l < /etc/passwd
diff /etc/passwd /etc/group | head -2
sort -u /etc/shells | tail -1
head -c 5 /srv/files/zeros | xxd -p || echo no xxd
md5sum /srv/files/plain
sha256sum /srv/files/plain | cut -c1-16
id app
id -u app
id nosuchuser
groups app
getent passwd app
getent group adm
getent hosts db.example
getent shadow app | cut -d: -f2
which ls bash
which nosuchprogram
command -v ls
type -t cd
test -f /etc/passwd && echo yes || echo no
[ -d /etc ] && [ ! -L /etc ] && echo ok
if [ -r /etc/shadow ]; then echo readable; fi
for f in /etc/passwd /etc/group; do basename $f; done
while read -r line; do echo "${line%%:*}"; done < /etc/group | head -3
echo $HOME $APP_MODE $PWD $0
echo "$(id -un):$(id -gn)"
echo 'single $HOME' "double $APP_MODE" \$escaped
echo {a,b}{1,2}
echo /srv/files/conf.*
cat <<EOF | tr a-z A-Z
false; echo $?
true && (exit 3)
exit 7
echo out; echo err >&2; exit 2
umask
ulimit -c
date -u -d @0 +%F
expr 3 + 4
basename /a/b/c.txt .txt; dirname /a/b/c
readlink -f /srv/files/chain
readlink /srv/files/dangling
realpath /srv/files/../files/absolute
df -P / | tail -1 | awk '{print NF}'
mount | grep -c ' on /proc '
mount | grep ' on / ' | awk '{print $5}'
findmnt -n -o TARGET /proc
ps -o comm= -p 1
ps aux | head -1
env | grep -E '^(APP_MODE|LANG|PATH|HOME)=' | sort
printenv APP_MODE
uname -s
hostname | wc -l
dpkg-query -W -f='${Package} ${Version} ${Status}\n' bash
dpkg-query -W nosuchpackage
dpkg -l | grep -c '^ii'
dpkg -s sudo | grep -E '^(Status|Version)'
systemctl is-enabled cron
systemctl is-enabled ntpsec
systemctl is-enabled nginx
systemctl is-enabled ours
systemctl is-enabled nosuch
systemctl is-active cron
systemctl list-unit-files --type=service --state=enabled --no-legend
lsmod | head -1
modprobe -n -v cramfs
modprobe --showconfig | grep -c blacklist
sysctl net.ipv4.ip_forward
sysctl -n kernel.randomize_va_space
ss -tln | head -1
ip -o addr show lo | awk '{print $4}'
sudo cat /etc/shadow | cut -d: -f1 | head -2
sudo -l
su -s /bin/sh -c 'id -un' app
sh -c 'echo $0 $1' x y
bash -c 'echo ${BASH_VERSION%%.*}'
xargs -n1 echo < /etc/hostname | wc -l
find /srv/files -name 'conf.*' -print0 | xargs -0 -n1 basename | sort
ls /srv/files | xargs -I{} sh -c 'test -L /srv/files/{} && echo {}' | sort
tar --version | head -1
gzip -c /etc/hostname | gunzip | wc -c
openssl version
sshd -T
nginx -v
ssh -V
crontab -l -u app
passwd -S app
chage -l app
faillock
locale | head -1
timeout 5 echo done
nohup echo x
tee /tmp/x < /etc/hostname
touch /tmp/written && echo wrote
COMMANDS
LINES.each do |line|
  line = "#{line}\nsome text\nEOF" if line.end_with?('<<EOF') || line.include?('<<EOF')
  control("line: #{line.lines.first.chomp}") do
    result = command(line)
    describe(result) { %w[stdout stderr exit_status].each { |property| its(property) { should eq :value } } }
  end
end
