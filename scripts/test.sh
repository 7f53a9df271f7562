#!/bin/sh
# Runs every check, goes on after a failed one, and ends with a summary.
# Usage: scripts/test.sh [lint]
set -u
cd "$(dirname "$0")/.." || exit
PATH=$PWD/.venv/bin:$PATH
summary=
failed=0

check() {
    name=$1
    shift
    printf '\n== %s\n' "$name"
    began=$(date +%s)
    if "$@"; then verdict=ok; else
        verdict=FAILED
        failed=1
    fi
    summary="$summary$(printf '%-28s %-7s %4s s' "$name" "$verdict" "$(($(date +%s) - began))")
"
}

# shellcheck disable=SC2329  # called through `check`
browser_modules() {
    files=$(find tests/browser/js -name '*.test.js' -o -name '*.test.mjs' | sort)
    [ -n "$files" ] || { echo "tests/browser/js has no tests"; return 1; }
    # File names here hold no spaces; each is one argument.
    # shellcheck disable=SC2086
    node --test $files
}

# The tests in the browser run beside the others: both wait more than they work.
begin_browser_tests() {
    browser_log=$(mktemp)
    python -m pytest tests/browser >"$browser_log" 2>&1 &
    browser=$!
    trap 'kill "$browser" 2>/dev/null; rm -f "$browser_log"' EXIT
    trap 'exit 130' INT TERM
}

# shellcheck disable=SC2329  # called through `check`
end_browser_tests() {
    wait "$browser"
    code=$?
    cat "$browser_log"
    return "$code"
}

check "lint (ruff)" ruff check .
check "format (ruff)" ruff format --check .
check "types (mypy --strict)" mypy
if [ "${1:-all}" != lint ]; then
    check "browser modules (node)" browser_modules
    begin_browser_tests
    check "tests (pytest)" python -m pytest --ignore tests/browser
    check "tests in the browser" end_browser_tests
fi

printf '\n== summary\n%s' "$summary"
[ "$failed" = 0 ] && echo "everything passed" || echo "something failed: see above"
exit "$failed"
