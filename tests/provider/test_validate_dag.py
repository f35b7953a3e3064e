"""Validating a table without loading: the DAG and the command."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path

import pytest

from local.warehouse.serving.server import RunningWarehouse
from sfetl_provider.cli.all_commands import VALIDATE
from sfetl_provider.cli.folders import Folders
from sfetl_provider.core.plan.names import run_key, validation_path
from sfetl_provider.core.validate.records import TableValidation
from sfetl_provider.dag_factory.validate_dag import build_validate_dag

from .conftest import CONFIGS, query
from .dag_runs import run_dag

DAYS = ", ".join(f"('2019-04-{day:02}', 'A', {day})" for day in range(1, 31) if day != 9)


def command(*arguments: str) -> int:
    parser = ArgumentParser()
    for option in VALIDATE.options:
        parser.add_argument(*option.flags, **option.settings)
    return VALIDATE.run(parser.parse_args(arguments), Folders(CONFIGS, CONFIGS, CONFIGS))


def test_a_gap_fails_the_run_and_is_in_its_reports(
    warehouse: RunningWarehouse, airflow_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    query(warehouse, f"INSERT INTO TESTS.PUBLIC.SALES VALUES {DAYS}")
    try:
        run = run_dag(build_validate_dag(["sales"]), months="2019-04")
        code = command("--all", "--months", "2019-04", "--html", str(tmp_path / "page.html"))
    finally:
        query(warehouse, "DELETE FROM TESTS.PUBLIC.SALES WHERE YEAR(DAY) = 2019")

    assert run.state == "failed"
    path = validation_path(airflow_home / "reports", "sales", run_key("validate", run.run_id))
    (month,) = TableValidation.from_json(json.loads(path.read_text())).months
    assert (month.rows, month.missing) == (29, ("2019-04-09",))
    assert "2019-04-09" in path.with_suffix(".html").read_text()
    assert (code, command()) == (1, 2)
    assert "CRITICAL 2019-04 missing_days: " in capsys.readouterr().out
    assert "2019-04-09" in (tmp_path / "page.html").read_text()
