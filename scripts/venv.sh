#!/bin/sh
# Makes .venv with everything the house needs, from the hash-pinned lock. Does nothing when nothing changed.
# PYTHON=python3.13 chooses the interpreter of a new .venv.
set -eu
cd "$(dirname "$0")/.."

enough='import sys; raise SystemExit(sys.version_info < (3, 11))'

# What an up-to-date .venv depends on: the lock, the packaging part of pyproject.toml, this file.
want=$({ cat requirements/dev.txt scripts/venv.sh; sed '/^\[tool\./,$d' pyproject.toml; } | sha256sum | cut -c1-20)
stamp=".venv/.made-$want"
if [ -e "$stamp" ] && .venv/bin/python -c "$enough" 2>/dev/null; then
    exit 0
fi

python_of_this_machine() {
    for candidate in ${PYTHON:-} python3.11 python3.12 python3.13 python3.14 python3; do
        if command -v "$candidate" >/dev/null 2>&1 && "$candidate" -c "$enough" >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
}

uv=""
if command -v uv >/dev/null 2>&1; then uv=uv; fi

if ! .venv/bin/python -c "$enough" 2>/dev/null; then
    rm -rf .venv
    python=$(python_of_this_machine)
    if [ -n "$uv" ]; then
        echo "Making .venv with uv"
        uv venv --quiet --seed --python "${python:-3.11}" .venv
    else
        if [ -z "$python" ] || ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
            sh scripts/apt.sh python3 python3-venv ca-certificates
            python=$(python_of_this_machine)
        fi
        if [ -z "$python" ]; then
            echo "Plaudit needs Python 3.11 or later; this machine's python3 is older." >&2
            exit 1
        fi
        echo "Making .venv with $python"
        "$python" -m venv .venv
    fi
fi

echo "Installing what requirements/dev.txt pins"
by_pip() { .venv/bin/python -m pip install --quiet --disable-pip-version-check "$@"; }
if [ -z "$uv" ] && [ ! -x .venv/bin/uv ]; then
    # The lock pins uv too: it installs the rest in a sixth of pip's time.
    alone=$(mktemp)
    awk '/^[^ #]/ { ours = /^uv==/ } ours' requirements/dev.txt >"$alone"
    by_pip --require-hashes -r "$alone" || true
    rm -f "$alone"
fi
[ -n "$uv" ] || { [ -x .venv/bin/uv ] && uv=.venv/bin/uv; } || true
by_uv() { [ -n "$uv" ] && VIRTUAL_ENV="$PWD/.venv" "$uv" pip install --quiet "$@"; }
# An index that only pip knows how to ask is asked by pip.
by_uv --require-hashes -r requirements/dev.txt || by_pip --require-hashes -r requirements/dev.txt
by_uv --no-deps -e . || by_pip --no-deps -e .
rm -f .venv/.made-*
: >"$stamp"
