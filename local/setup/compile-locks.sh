#!/usr/bin/env bash
# Compile the locks, for Python 3.11 and later on every platform. Options go to `uv pip compile`.
set -euo pipefail
cd "$(dirname "$0")/../.."

compile=(.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url
    --no-emit-find-links --custom-compile-command "make lock" "$@")

"${compile[@]}" requirements.in -o requirements.txt
"${compile[@]}" requirements-dev.in -c requirements.txt -o requirements-dev.txt
# The oldest supported versions: what the inputs and pyproject.toml name, each at its floor; anew, since uv prefers the
# versions that a lock has already.
rm -f requirements-floors.txt
"${compile[@]}" --resolution lowest-direct requirements-dev.in pyproject.toml -o requirements-floors.txt
# Environments of their own: they need not agree with the others.
"${compile[@]}" requirements-cli.in -o requirements-cli.txt
"${compile[@]}" requirements-mitmproxy.in -o requirements-mitmproxy.txt
echo "requirements*.txt are compiled; the environments follow with the next make."
