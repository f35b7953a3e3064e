#!/usr/bin/env bash
# Tests with the oldest supported versions of what we depend on (requirements-floors.txt, in .venv-floors): core, adapters
# and the Airflow skin. With "brief" only those that touch most of what is older there, which is a part of `make test`.
# Usage: run-floors.sh [brief]
set -euo pipefail
cd "$(dirname "$0")/../.."
exec </dev/null
source local/setup/forget-settings.sh

inner=(tests/core tests/adapters)
skin=(tests/provider)
if [ "${1:-}" = brief ]; then
    # GX, pandas, DuckDB and PyArrow; zstandard and isal; the connector, NTLM and PAC; Airflow with the Snowflake provider.
    inner=(tests/core/qc/test_expectations_as_gx.py tests/core/qc/test_scan.py tests/core/report/test_data_docs.py
        tests/core/report/test_qc_workbook.py tests/core/stage tests/core/config/test_qc_config.py
        tests/adapters/test_snowflake_session.py tests/adapters/test_isolated_connection.py tests/adapters/test_tunnel.py
        tests/adapters/network)
    skin=(tests/provider/test_login.py tests/provider/test_dags.py tests/provider/test_proxied_load.py
        tests/provider/test_expectations.py)
fi

state=0
.venv-floors/bin/python -m pytest "${inner[@]}" || state=1
# Airflow is configured at its first import: the tests of the skin need a process of their own.
.venv-floors/bin/python -m pytest "${skin[@]}" || state=1
exit $state
