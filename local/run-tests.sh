#!/usr/bin/env bash
# Everything that must hold: lint, core without Airflow and with its branch coverage, then all other tests.
set -euo pipefail
cd "$(dirname "$0")/.."

local/install-debian-packages.sh

# Settings of the caller's own Airflow, and proxies, must not reach the tests.
for name in $(compgen -e | grep -E '^_?AIRFLOW|^(https?|all|no)_proxy$|^(HTTPS?|ALL|NO)_PROXY$' || true); do
    unset "$name"
done

local/run-lint.sh

pytest=(.venv-test/bin/python -m pytest)
echo "--- core, without Airflow"
"${pytest[@]}" tests/core --cov --cov-branch --cov-report=term-missing --cov-fail-under=90
echo "--- everything else"
"${pytest[@]}" tests --ignore=tests/core
