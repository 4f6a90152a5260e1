# Podman's settings and the Debian base: the same ones that scanner/build uses.

# Podman's own limits do not fit everywhere: the project's settings where its set-up has written them, else limits that this shell has. $1: folder.
use_containers_conf() {
  [ -z "${CONTAINERS_CONF:-}" ] || return 0
  local conf processes
  conf=$(cd ../.. && pwd)/.sidescan/containers.conf
  if [ ! -f "$conf" ]; then
    conf=$1/containers.conf
    # Podman lowers its own nproc to pid_max: a container that is to have more does not start.
    processes=$(printf '%s\n%s\n' "$(ulimit -Hu | sed 's/unlimited/4194304/')" "$(cat /proc/sys/kernel/pid_max)" | sort -n | head -1)
    printf '[containers]\ndefault_ulimits = ["nofile=%s:%s","nproc=%s:%s"]\n' "$(ulimit -Hn)" "$(ulimit -Hn)" "$processes" "$processes" |
      sed 's/unlimited/1048576/g' >"$conf"
    ! command -v runc >/dev/null || printf '[engine]\nruntime = "runc"\n' >>"$conf"
  fi
  export CONTAINERS_CONF=$conf
}

# Name of an image of Debian 12: from a registry, or made from Debian's packages where no registry answers. $1: folder.
debian_base() {
  local base=${SIDESCAN_BASE_IMAGE:-docker.io/library/debian:12}
  if ! podman image exists "$base" && ! timeout 60 podman pull --quiet "$base" >/dev/null 2>&1; then
    mmdebstrap --quiet --variant=minbase bookworm "$1/base.tar" >&2
    podman import --quiet "$1/base.tar" "$base" >/dev/null
    rm -f "$1/base.tar"
  fi
  echo "$base"
}
