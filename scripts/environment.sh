#!/bin/sh
# Makes .venv from the lock file and puts the `hub` command into it. Does nothing when it is already there.
# Usage: scripts/environment.sh run|test      (PYTHON=python3.12 chooses the interpreter)
set -eu
cd "$(dirname "$0")/.."
kind=${1:-run}

case $kind in
run) lock=requirements.lock ;;
test) lock=requirements-test.lock ;;
*)
    echo "usage: scripts/environment.sh run|test" >&2
    exit 2
    ;;
esac

checksum() {
    if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

suits() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
        if suits "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    echo "Frostbyte Hub needs Python 3.11 or newer. Install it, or name it: make ${kind} PYTHON=/path/to/python3" >&2
    return 1
}

make_venv() {
    python=$(find_python)
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        sh scripts/apt-install.sh python3-venv || {
            echo "This Python cannot make environments: install python3-venv." >&2
            exit 1
        }
    fi
    rm -rf .venv
    echo "Making .venv with $("$python" --version)"
    "$python" -m venv .venv
    packages=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    pwd >"$packages/frostbyte_hub.pth"
    printf '#!/bin/sh\n%s\n' "$launcher" >.venv/bin/hub
    chmod +x .venv/bin/hub
}

# A copied or moved clone has an .venv whose scripts point to the old place.
launcher="exec '$PWD/.venv/bin/python' -m hub.cli \"\$@\""
if [ ! -x .venv/bin/python ] || ! suits .venv/bin/python || ! grep -qsxF "$launcher" .venv/bin/hub; then
    make_venv
fi

wanted=$(checksum "$lock")
if [ "$(cat ".venv/$kind.lock-sum" 2>/dev/null)" != "$wanted" ]; then
    echo "Installing the locked dependencies ($lock); this takes about half a minute, once"
    # --no-deps: the lock names everything, and pip's resolver refuses extras beside hashes.
    .venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes --requirement "$lock"
    echo "$wanted" >".venv/$kind.lock-sum"
    # The test lock holds all of the run lock at the same versions.
    if [ "$kind" = test ]; then
        checksum requirements.lock >.venv/run.lock-sum
    else
        rm -f .venv/test.lock-sum
    fi
fi
