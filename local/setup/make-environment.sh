#!/usr/bin/env bash
# Make or refresh a virtual environment so that it holds exactly what a lock names, and this project, editable.
# Usage: make-environment.sh FOLDER LOCK [alone]. With "alone" it is an environment for a program of others, and the
# project stays out. Reads PYTHON and UV_VERSION. Leaves FOLDER/.synced when all went well.
set -euo pipefail

folder=$1 lock=$2 kind=${3:-}
python=${PYTHON:-python3}

fail() { echo "$*" >&2; exit 1; }

command -v "$python" >/dev/null || fail "No $python on PATH. Install Python 3.11 or later, or name one: make PYTHON=/path/to/python3 …"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$python is $("$python" -V 2>&1); Python 3.11 or later is needed. Name another one: make PYTHON=/path/to/python3 …"

# The caller's settings for other environments must not steer this one.
unset PYTHONPATH PYTHONHOME VIRTUAL_ENV CONDA_PREFIX

if ! "$folder/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    rm -rf "$folder"
    "$python" -m venv "$folder" ||
        fail "$python could not make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv"
fi

rm -f "$folder/.synced"
if ! "$folder/bin/uv" --version 2>/dev/null | grep -q "^uv $UV_VERSION\b"; then
    echo "Installing uv $UV_VERSION into $folder …"
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION" ||
        fail "uv $UV_VERSION could not be installed: is the package index reachable? pip reads PIP_INDEX_URL, PIP_CERT and proxy variables."
fi

echo "Installing what $lock names into $folder …"
uv=("$folder/bin/uv" pip)
"${uv[@]}" sync --quiet --python "$folder/bin/python" "$lock"
[ "$kind" = alone ] ||
    "${uv[@]}" install --quiet --python "$folder/bin/python" --no-deps --no-build-isolation -e .
touch "$folder/.synced"
