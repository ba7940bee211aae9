#!/bin/sh
# Makes the environments of the peers, each in its own folder (make bench). Run it as often as you like.
set -eu
cd "$(dirname "$0")/peers"

fresh() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

if command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1; then
  lock=$(sha256sum digitalbazaar/package-lock.json | cut -d ' ' -f 1)
  if ! fresh digitalbazaar/node_modules/.made-from "$lock"; then
    (cd digitalbazaar && npm ci --silent --no-audit --no-fund --ignore-scripts)
    echo "$lock" > digitalbazaar/node_modules/.made-from
  fi
else
  echo "bench: node and npm are missing, so @digitalbazaar/vc is not measured (on Debian: apt-get install nodejs npm)" >&2
fi

lock=$(sha256sum python/requirements.txt | cut -d ' ' -f 1)
if ! fresh python/.venv/.made-from "$lock"; then
  rm -rf python/.venv
  python3 -m venv python/.venv
  python/.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
    -r python/requirements.txt
  echo "$lock" > python/.venv/.made-from
fi

# The lock holds what the pins of openbadges would forbid (tests/conformance/openbadges), so nobody is asked.
lock=$(sha256sum openbadges/requirements.txt | cut -d ' ' -f 1)
if ! fresh openbadges/.venv/.made-from "$lock"; then
  rm -rf openbadges/.venv
  python3 -m venv openbadges/.venv
  openbadges/.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
    -r openbadges/requirements.txt
  echo "$lock" > openbadges/.venv/.made-from
fi
