#!/bin/sh
# Resolves pyproject.toml into requirements.lock and requirements-test.lock, with hashes, for every platform.
# Versions already locked are kept unless UPGRADE=1 is set.
set -eu
cd "$(dirname "$0")/.."
sh scripts/environment.sh run
tools=var/lock-tools
[ -x "$tools/bin/uv" ] || {
    .venv/bin/python -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check 'uv>=0.8'
}

resolve() {
    output=$1
    shift
    "$tools/bin/uv" pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 \
        ${UPGRADE:+--upgrade} "$@" --output-file "$output" pyproject.toml
}

resolve requirements.lock
resolve requirements-test.lock --extra test --constraint requirements.lock
