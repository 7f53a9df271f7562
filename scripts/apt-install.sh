#!/bin/sh
# Installs Debian packages when this user may; otherwise fails, and the caller says what to install.
# Usage: scripts/apt-install.sh PACKAGE…
set -eu

command -v apt-get >/dev/null || exit 1
if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    exit 1
fi

# Debian starts a daemon as soon as it is installed. The tests start their own on free ports, so nothing is to be
# left running here that nobody asked for.
policy=${POLICY_RC_D:-/usr/sbin/policy-rc.d}
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" >/dev/null
    $as_root chmod +x "$policy"
    trap '$as_root rm -f "$policy"' EXIT
fi

log=$(mktemp)
tries=${APT_LOCK_TRIES:-120}
pause=${APT_LOCK_PAUSE:-5}

# A machine that has just started runs its own updates. apt waits for dpkg's locks when it is told to, but not for the
# locks of its lists and archives, and not at all before 1.9.11: so it is asked again.
apt() {
    while ! $as_root env LC_ALL=C DEBIAN_FRONTEND=noninteractive \
        apt-get -q -o DPkg::Lock::Timeout=600 "$@" >"$log" 2>&1 </dev/null; do
        if [ "$tries" -le 0 ] || ! grep -Eq 'Could not get lock|Unable to lock|Unable to acquire' "$log"; then
            tail -n 20 "$log" >&2
            rm -f "$log"
            exit 1
        fi
        [ -n "${waited:-}" ] || echo "Another program is installing packages: waiting for it"
        waited=yes
        tries=$((tries - 1))
        sleep "$pause"
    done
}

echo "Installing $* (apt-get)"
apt update
apt install -y --no-install-recommends "$@"
rm -f "$log"
