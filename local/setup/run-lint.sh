#!/usr/bin/env bash
# Style, types and import rules, all of them, even if one fails.
set -uo pipefail
cd "$(dirname "$0")/../.."

bin=.venv-test/bin
failed=()

check() {
    echo "--- $*"
    "$bin/$@" || failed+=("$1")
}

check ruff check .
check ruff format --check .
check mypy
check lint-imports

if [ ${#failed[@]} -gt 0 ]; then
    echo "Failed: ${failed[*]}" >&2
    exit 1
fi
