#!/bin/sh
# Run apt-get with the arguments given. While another package manager holds a lock, wait for it, HITL_APT_WAIT seconds at
# most (15 minutes). DPkg::Lock::Timeout is not enough: apt-get update does not wait for the lock on the package lists.
set -eu
most=${HITL_APT_WAIT:-900}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
waited=0
until LC_ALL=C DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" >"$log" 2>&1; do
    if ! grep -Eiq 'could not get lock|unable to lock|unable to acquire the dpkg|lock (is|was) locked' "$log"; then
        cat "$log" >&2
        echo "apt-get $* failed. Mend what it reports above, then run make again." >&2
        exit 1
    fi
    if [ "$waited" -ge "$most" ]; then
        grep -Ei -m 1 lock "$log" >&2
        echo "Another package manager has held its lock for $most seconds. Run make again when it has finished." >&2
        exit 1
    fi
    [ "$waited" -gt 0 ] || echo "Waiting for another package manager to finish ($(grep -Ei -m 1 lock "$log"))" >&2
    sleep 2
    waited=$((waited + 2))
done
