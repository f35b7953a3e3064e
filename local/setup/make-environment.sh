#!/usr/bin/env bash
# Make or refresh a virtual environment so that it holds exactly what a lock names, and this project, editable.
# Usage: make-environment.sh FOLDER LOCK [alone]. With "alone" it is an environment for a program of others, and the
# project stays out. Reads PYTHON, UV_VERSION, and OFFLINE: a folder that make-wheelhouse.sh made, from which all comes
# then, checked by its hashes, and nothing from an index. Leaves FOLDER/.synced when all went well.
set -euo pipefail

folder=$1 lock=$2 kind=${3:-}
python=${PYTHON:-python3}

fail() { echo "$*" >&2; exit 1; }

command -v "$python" >/dev/null || fail "No $python on PATH. Install Python 3.11 or later, or name one: make PYTHON=/path/to/python3 …"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$python is $("$python" -V 2>&1); Python 3.11 or later is needed. Name another one: make PYTHON=/path/to/python3 …"

source=()
if [ -n "${OFFLINE:-}" ]; then
    OFFLINE=$(realpath "$OFFLINE")
    [ -f "$OFFLINE/SHA256SUMS" ] || fail "$OFFLINE is no wheelhouse: it has no SHA256SUMS. Make one with: make wheelhouse"
    (cd "$OFFLINE" && sha256sum --check --quiet --strict SHA256SUMS) ||
        fail "$OFFLINE is damaged or was altered: carry it over again. Nothing was installed."
    cmp -s "$lock" "$OFFLINE/requirements.txt" ||
        fail "$OFFLINE was made for another $lock than this project's: make it anew from the same commit."
    lock="$OFFLINE/requirements.hashed.txt"
    source=(--no-index --find-links "$OFFLINE")
fi

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
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "${source[@]}" "uv==$UV_VERSION" ||
        fail "uv $UV_VERSION could not be installed: is the package index reachable? See docs/deployment.md, without internet."
fi

echo "Installing what $lock names into $folder …"
uv=("$folder/bin/uv" pip)
hashes=()
[ -z "${OFFLINE:-}" ] || hashes=(--require-hashes)
"${uv[@]}" sync --quiet "${source[@]}" "${hashes[@]}" --python "$folder/bin/python" "$lock" || {
    [ -z "${OFFLINE:-}" ] || echo "The wheelhouse is for $(cat "$OFFLINE/MADE-FOR"); this is $("$folder/bin/python" -V)." >&2
    exit 1
}
[ "$kind" = alone ] ||
    "${uv[@]}" install --quiet "${source[@]}" --python "$folder/bin/python" --no-deps --no-build-isolation -e .
touch "$folder/.synced"
