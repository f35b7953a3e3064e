#!/usr/bin/env bash
# Collect what a machine without internet needs to install the runtime: every wheel that requirements.txt names, uv,
# and hashes of all of them. For machines like this one: the same Python, system and processor; MADE-FOR says which.
# Usage: make-wheelhouse.sh FOLDER. What lies in the folder is replaced. Reads UV_VERSION.
set -euo pipefail
folder=$(realpath -m "${1:?a folder}")
cd "$(dirname "$0")/../.."

new=$(mktemp -d "$folder.XXXXXX" 2>/dev/null || { mkdir -p "$(dirname "$folder")" && mktemp -d "$folder.XXXXXX"; })
trap 'rm -rf "$new"' EXIT

# The lock is complete: nothing is resolved, and what comes only as source is built here.
echo "Collecting the wheels of requirements.txt and uv $UV_VERSION …"
.venv/bin/python -m pip --disable-pip-version-check wheel --quiet --no-deps --wheel-dir "$new" \
    -r requirements.txt "uv==$UV_VERSION"

cp requirements.txt "$new/requirements.txt"
.venv/bin/python -c 'import platform, sysconfig
print("Python", ".".join(platform.python_version_tuple()[:2]), sysconfig.get_platform())' >"$new/MADE-FOR"
(
    cd "$new"
    # What is installed: exactly these files, by their hashes.
    for wheel in *.whl; do
        IFS=- read -r name version _ <<<"$wheel"
        echo "$name==$version --hash=sha256:$(sha256sum "$wheel" | cut -d' ' -f1)"
    done | grep -v '^uv==' >requirements.hashed.txt
    sha256sum -- * >SHA256SUMS
)
rm -rf "$folder"
chmod 755 "$new"
mv "$new" "$folder"
echo "$folder: $(find "$folder" -name '*.whl' | wc -l) wheels, $(du -sh "$folder" | cut -f1), $(cat "$folder/MADE-FOR")."
echo "Carry it over with this project, then there: make install OFFLINE=<folder>. Its SHA256SUMS has the hash $(sha256sum "$folder/SHA256SUMS" | cut -d' ' -f1)."
