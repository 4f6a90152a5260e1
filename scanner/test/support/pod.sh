#!/bin/bash
# The first process of a test pod's PID namespace: see pod.rb. Arguments: the scanner's command line. Ends with the scanner's exit status.
set -euo pipefail
mount --make-rprivate /
as_user() { # uid: that user, so with no capability at all
  if [ -n "$1" ]; then echo "--userspec=$1:$1 --groups="; fi
}
export TARGET_USER SCANNER_USER
TARGET_USER=$(as_user "$TARGET_AS") SCANNER_USER=$(as_user "$SCANNER_AS")

# shellcheck disable=SC2016
unshare --mount bash -euc '
  if [ "$DELAY" != 0 ]; then
    echo "runc:[2:INIT]" >/proc/self/comm
    sleep "$DELAY"
  fi
  mount --bind "$ROOT" "$ROOT"
  mount -t proc proc "$ROOT/proc"
  mount -t tmpfs -o mode=755 tmpfs "$ROOT/dev"
  for name in $DEVICES; do
    touch "$ROOT/dev/$name"
    mount --bind "/dev/$name" "$ROOT/dev/$name"
  done
  if [ -n "$HOLD" ]; then
    mount --bind "$IMAGE/opt/sidescan/toolbox" "$ROOT/sidescan"
    mount --bind "$FOLDER/run" "$ROOT/sidescan/run"
  fi
  exec env -i PATH=/usr/bin:/bin /usr/sbin/chroot $TARGET_USER "$ROOT" $TARGET_COMMAND' &
export TARGET=$!
bash -c "$BEFORE" >&2

# shellcheck disable=SC2016
unshare --mount bash -euc '
  mount --bind "$IMAGE" "$IMAGE"
  mount -t proc proc "$IMAGE/proc"
  mount --bind "$FOLDER/dev" "$IMAGE/dev"
  touch "$FOLDER/dev/null" "$FOLDER/dev/urandom" "$FOLDER/dev/termination-log"
  chmod 666 "$FOLDER/dev/termination-log"
  mount --bind /dev/null "$IMAGE/dev/null"
  mount --bind /dev/urandom "$IMAGE/dev/urandom"
  for name in work tmp profile inputs; do mount --bind "$FOLDER/$name" "$IMAGE/$name"; done
  if [ -n "$HOLD" ]; then
    mount --bind "$IMAGE/opt/sidescan/toolbox" "$IMAGE/sidescan"
    mount --bind "$FOLDER/run" "$IMAGE/sidescan/run"
  fi
  mount -o remount,bind,ro "$IMAGE"
  exec env -i $SCANNER_ENV /usr/sbin/chroot $SCANNER_USER "$IMAGE" /opt/sidescan/bin/scan "$@"' scanner "$@" &
SCANNER=$!
export SCANNER
bash -c "$MEANWHILE" >&2 &
status=0
wait "$SCANNER" || status=$?
exit "$status"
