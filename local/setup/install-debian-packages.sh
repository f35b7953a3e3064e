#!/usr/bin/env bash
# Install the Debian packages of debian-packages.txt whose program is missing; needs root on Debian or Ubuntu.
set -euo pipefail
cd "$(dirname "$0")"

# Debian keeps servers in /usr/sbin, which is not on every user's PATH.
export PATH="$PATH:/usr/sbin:/sbin"

missing=()
while read -r package program; do
    command -v "$program" >/dev/null || compgen -G "$program" >/dev/null || missing+=("$package")
done < <(grep -v '^#' debian-packages.txt)
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
    echo "The tests need these programs: ${missing[*]}. Install them (on Debian: sudo apt-get install ${missing[*]}), then repeat." >&2
    exit 1
fi
echo "Installing ${missing[*]} …"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq </dev/null
# Keeps the service from being started: the tests start their own.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
fi
apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >/dev/null
