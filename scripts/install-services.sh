#!/bin/sh
# Checks for the programs that the tests run (Redis, Chromium, nginx, PostgreSQL, Node), or that the benchmark runs, and
# installs what is missing from Debian packages where it may; elsewhere it says what to install, and fails.
# Usage: scripts/install-services.sh [PROGRAM…]     (all of them when none is named)
set -eu
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/usr/local/sbin

has_chromium() {
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        if command -v "$name" >/dev/null; then return 0; fi
    done
    return 1
}

has_postgres() {
    command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1
}

has_node() {
    command -v node >/dev/null && node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 18 ? 1 : 0)'
}

# The folders in which bench/peers looks for it.
has_nchan() {
    for folder in /usr/lib/nginx/modules /usr/lib64/nginx/modules /usr/share/nginx/modules; do
        if [ -e "$folder/ngx_nchan_module.so" ]; then return 0; fi
    done
    return 1
}

has() {
    case $1 in
    libnginx-mod-nchan) has_nchan ;;
    chromium) has_chromium ;;
    postgresql) has_postgres ;;
    nodejs) has_node ;;
    libc6-dev) [ -e /usr/include/stdio.h ] ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

missing() {
    for program in "$@"; do
        has "$program" || printf ' %s' "$program"
    done
}

[ $# -gt 0 ] || set -- redis-server nginx chromium postgresql nodejs
absent=$(missing "$@")
[ -n "$absent" ] || exit 0

# The names above are those of Debian's packages; each is to be one argument.
# shellcheck disable=SC2086
if sh scripts/apt-install.sh $absent; then
    absent=$(missing "$@")
fi
if [ -n "$absent" ]; then
    cat >&2 <<END
These are needed here, and missing:$absent
  Debian, Ubuntu   sudo apt-get install$absent
  Fedora           sudo dnf install redis nginx chromium postgresql-server nodejs
  macOS            brew install redis nginx postgresql node && brew install --cask chromium
Node must be 18 or newer. Then run this again.
END
    exit 1
fi
