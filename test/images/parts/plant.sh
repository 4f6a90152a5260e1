# What recipes put into images. Paths are below $root, which is empty when this runs inside the image itself.

# Writes standard input to the file $1, with mode $2 (default 0644).
put() {
  mkdir -p "$root$(dirname "$1")"
  cat >"$root$1"
  chmod "${2:-0644}" "$root$1"
}

# Deterministic base64 text that stands for a key. $1: what it is made from.
noise() { printf '%s' "$1" | sha512sum | cut -d' ' -f1 | base64 -w 64; }

# Something that looks like a private key of kind $1 and opens nothing. The words are apart so that this file does not look like one.
fake_key() {
  printf -- '-----BEGIN %s KEY-----\n' "$1"
  noise "$1 one"
  noise "$1 two"
  printf -- '-----END %s KEY-----\n' "$1"
}

# The four faults that the Debian and the distroless image share. $1: a program to make set-uid.
plant_four() {
  mkdir -p "$root/opt/tools" "$root/srv/upload"
  cp "$root$1" "$root/opt/tools/backup"
  chmod 4755 "$root/opt/tools/backup"
  chmod 0777 "$root/srv/upload"
  echo 'deploy:x:1001:1001::/home/deploy:/bin/bash' >>"$root/etc/passwd"
  echo 'deploy:x:1001:' >>"$root/etc/group"
  fake_key 'RSA PRIVATE' | put /opt/app/tls/server.key 0600
}

# A root file system as distroless images have it: no shell, Debian's status.d, accounts, one program at /app/server. $1: that program's file here.
distroless_root() {
  mkdir -p "$root"/{etc/ssl/certs,home/nonroot,root,tmp,usr/bin,usr/lib,var/tmp,var/lib/dpkg/status.d,app}
  chmod 0700 "$root/root" "$root/home/nonroot"
  chown 65532:65532 "$root/home/nonroot"
  chmod 1777 "$root/tmp" "$root/var/tmp"
  printf 'root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n' | put /etc/passwd
  printf 'root:x:0:\nnobody:x:65534:\nnonroot:x:65532:\n' | put /etc/group
  printf 'PRETTY_NAME="Distroless"\nNAME="Debian GNU/Linux"\nID="debian"\nVERSION_ID="12"\nVERSION="Debian GNU/Linux 12 (bookworm)"\n' | put /usr/lib/os-release
  ln -s ../usr/lib/os-release "$root/etc/os-release"
  printf 'Package: base-files\nVersion: 12.4+deb12u12\nArchitecture: amd64\nMaintainer: Santiago Vila <sanvila@debian.org>\nDescription: Debian base system miscellaneous files\n' |
    put /var/lib/dpkg/status.d/base-files
  printf 'Package: tzdata\nVersion: 2025b-0+deb12u2\nArchitecture: all\nMaintainer: GNU Libc Maintainers <debian-glibc@lists.debian.org>\nDescription: time zone and daylight-saving time data\n' |
    put /var/lib/dpkg/status.d/tzdata
  install -m 0755 "$1" "$root/app/server"
}

# Installs Debian packages (from $3 on) unless the file $2 is there; $1: what for.
need_package() {
  [ ! -e "$2" ] || return 0
  echo "test/images: installing ${*:3}" >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${@:3}" >&2 || { echo "$1 is not installed (Debian: apt-get install ${*:3})" >&2; return 1; }
}

# Compiles programs/$1.c to a static program and prints its path.
compile() {
  need_package gcc /usr/bin/gcc gcc libc6-dev
  mkdir -p "$work/programs"
  gcc -static -Os -s -Wall -Werror -o "$work/programs/$1" "programs/$1.c"
  echo "$work/programs/$1"
}
