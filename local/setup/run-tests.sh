#!/usr/bin/env bash
# Everything that must hold: lint, core without Airflow and with its branch coverage, then all other tests.
# All parts run, even if one fails. Needs neither a terminal nor input.
set -euo pipefail
cd "$(dirname "$0")/../.."
exec </dev/null

local/setup/install-debian-packages.sh

# Settings of the caller's own Airflow, Snowflake and Python, and proxies, must not reach the tests.
for name in $(compgen -e | grep -E '^_?AIRFLOW|^PYTHON(PATH|HOME)$|^(https?|all|no)_proxy$|^(HTTPS?|ALL|NO)_PROXY$' || true); do
    unset "$name"
done

failed=()

part() {
    local title=$1
    shift
    echo
    echo "--- $title"
    "$@" || failed+=("$title")
}

pytest=(.venv-test/bin/python -m pytest)
part "lint" local/setup/run-lint.sh
part "core, without Airflow" "${pytest[@]}" tests/core --cov --cov-branch --cov-report=term-missing --cov-fail-under=90
# Airflow is configured at its first import: the tests of the skin need a process of their own.
part "the Airflow skin" "${pytest[@]}" tests/provider
part "everything else" "${pytest[@]}" tests --ignore=tests/core --ignore=tests/provider

if [ ${#failed[@]} -gt 0 ]; then
    printf 'Failed: %s\n' "${failed[@]}" >&2
    exit 1
fi
