#!/bin/sh
# apt.sh PACKAGE...: install Debian packages where this machine allows it (root, or sudo without a question).
# Says which line would do it, and fails, where it does not.
set -eu
line="apt-get install -y --no-install-recommends $*"
if ! command -v apt-get >/dev/null 2>&1; then
    echo "Please install: $*" >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    root=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    root="sudo -n"
else
    echo "Please run as root: $line" >&2
    exit 1
fi
echo "Installing: $*" >&2
export DEBIAN_FRONTEND=noninteractive
# An image without package lists answers "unable to locate": fetch the lists once, then try again.
# shellcheck disable=SC2086
$root $line >/dev/null 2>&1 || { $root apt-get update -qq >/dev/null && $root $line >/dev/null; } || {
    echo "This did not succeed: $line" >&2
    exit 1
}
