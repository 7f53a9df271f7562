#!/bin/sh
# Checks for the programs that the tests run (Redis, Chromium, nginx, PostgreSQL, Node) and installs what is missing
# from Debian packages where it may; elsewhere it says what to install, and fails.
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

has() {
    case $1 in
    chromium) has_chromium ;;
    postgresql) has_postgres ;;
    nodejs) has_node ;;
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
The tests run against real services, and these are missing:$absent
  Debian, Ubuntu   sudo apt-get install$absent
  Fedora           sudo dnf install redis nginx chromium postgresql-server nodejs
  macOS            brew install redis nginx postgresql node && brew install --cask chromium
Node must be 18 or newer. Then run this again.
END
    exit 1
fi
