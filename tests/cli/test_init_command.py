"""`init --print` and `ledger` where Airflow is not installed."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.running import run
from tests.cli.test_compare_command import CONFIG


def test_statements_are_printed_without_a_connection_and_reading_the_ledger_needs_one(tmp_path: Path) -> None:
    (tmp_path / "sales.json").write_text(json.dumps(CONFIG))

    ended = run("init", "--print", "--configs-dir", tmp_path, folder=tmp_path)

    assert (ended.code, ended.complained) == (0, "")
    assert ended.said.startswith('CREATE SCHEMA IF NOT EXISTS "D"."SFETL";\n')
    assert ended.said.endswith(
        'GRANT SELECT, INSERT, UPDATE ON TABLE "D"."SFETL"."HEAD_SALES" TO ROLE "SFETL_LOADER";\n'
    )
    ended = run("ledger", "verify", "--configs-dir", tmp_path, folder=tmp_path)
    assert (ended.code, ended.said) == (2, "")
    assert "needs Airflow" in ended.complained
