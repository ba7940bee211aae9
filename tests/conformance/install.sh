#!/bin/sh
# Makes the environments of the foreign judges, each in its own folder (make judges). Run it as often as you like.
set -eu
cd "$(dirname "$0")"

command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 || {
  echo "judges: node and npm are missing (on Debian: apt-get install nodejs npm)" >&2
  exit 1
}

# A stamp beside each environment says which lock it was made from.
fresh() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

lock=$(sha256sum digitalbazaar/package-lock.json | cut -d ' ' -f 1)
if ! fresh digitalbazaar/node_modules/.made-from "$lock"; then
  (cd digitalbazaar && npm ci --silent --no-audit --no-fund --ignore-scripts)
  echo "$lock" > digitalbazaar/node_modules/.made-from
fi

lock=$(sha256sum openbadgeslib/requirements.txt | cut -d ' ' -f 1)
if ! fresh openbadgeslib/.venv/.made-from "$lock"; then
  rm -rf openbadgeslib/.venv
  python3 -m venv openbadgeslib/.venv
  openbadgeslib/.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
    -r openbadgeslib/requirements.txt
  echo "$lock" > openbadgeslib/.venv/.made-from
fi

# The lock holds what the pins of openbadges would forbid, so nobody is asked whether they agree.
lock=$(sha256sum openbadges/requirements.txt | cut -d ' ' -f 1)
if ! fresh openbadges/.venv/.made-from "$lock"; then
  rm -rf openbadges/.venv
  python3 -m venv openbadges/.venv
  openbadges/.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
    -r openbadges/requirements.txt
  echo "$lock" > openbadges/.venv/.made-from
fi

echo "judges: digitalbazaar, openbadgeslib and openbadges are ready"
