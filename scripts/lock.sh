#!/bin/sh
# Resolves the dependencies anew. The locks hold names, versions and hashes, and no address.
set -eu
cd "$(dirname "$0")/.."
lock() {
    output=$1
    shift
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
        --no-emit-index-url --no-emit-find-links "$@" pyproject.toml -o "$output"
}
lock requirements/site.txt --extra site --extra postgres --extra anymail --extra s3 --extra fast
lock requirements/celery.txt --extra site --extra postgres --extra anymail --extra s3 --extra celery --extra fast
lock requirements/dev.txt --extra site --extra postgres --extra anymail --extra s3 --extra celery --extra fast --extra dev
for more in fuzz build; do
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
        --no-emit-index-url --no-emit-find-links "requirements/$more.in" -o "requirements/$more.txt"
done
