"""Validating a table without loading: the DAG and the command."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.warehouse.serving.server import RunningWarehouse
from sfetl_provider.cli.all_commands import VALIDATE
from sfetl_provider.cli.folders import Folders
from sfetl_provider.core.plan.names import run_key, validation_path, validations_path
from sfetl_provider.core.validate.records import TableValidation
from sfetl_provider.dag_factory.validate_dag import build_validate_dag

from .conftest import CONFIGS, SALES, query
from .dag_runs import run_dag

DAYS = ", ".join(f"('2019-04-{day:02}', 'A', {day})" for day in range(1, 31) if day != 9)


def command(*arguments: str) -> int:
    parser = ArgumentParser()
    for option in VALIDATE.options:
        parser.add_argument(*option.flags, **option.settings)
    return VALIDATE.run(parser.parse_args(arguments), Folders(CONFIGS, CONFIGS, CONFIGS))


@pytest.fixture
def absent_feed() -> Iterator[None]:
    """A feed whose table was never made."""
    path = CONFIGS / "absent.json"
    path.write_text(json.dumps({**SALES, "table": {**SALES["table"], "name": "absent"}}))
    yield
    path.unlink()


@pytest.mark.usefixtures("absent_feed")
def test_a_gap_and_an_absent_table_fail_the_run_and_are_in_its_report(
    warehouse: RunningWarehouse, airflow_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    query(warehouse, f"INSERT INTO TESTS.PUBLIC.SALES VALUES {DAYS}")
    try:
        run = run_dag(build_validate_dag(["absent", "sales"]), months="2019-04")
        outputs = [f"--{kind}={tmp_path / 'page'}.{kind}" for kind in ("html", "csv", "json", "xlsx")]
        code = command("--table", "TESTS.*", "--from", "2019-04-02", "--to", "2019-04-30", *outputs)
    finally:
        query(warehouse, "DELETE FROM TESTS.PUBLIC.SALES WHERE YEAR(DAY) = 2019")

    assert (run.state, run.tasks["report"]) == ("failed", "success")
    assert run.mapped["validate"] == [("absent", "failed"), ("sales", "failed")]
    key = run_key("validate", run.run_id)
    path = validation_path(airflow_home / "reports", "sales", key)
    (month,) = TableValidation.from_json(json.loads(path.read_text())).months
    assert (month.rows, month.missing) == (29, ("2019-04-09",))
    assert "2019-04-09" in path.with_suffix(".html").read_text()
    joined = validations_path(airflow_home / "reports", key)
    told = [TableValidation.from_json(one) for one in json.loads(joined.read_text())]
    assert [(one.feed, one.verdict) for one in told] == [("absent", "not looked at"), ("sales", "failed")]
    assert f'<a href="../sales/validations/{key}.html">' in joined.with_suffix(".html").read_text()
    assert joined.with_suffix(".xlsx").stat().st_size

    assert (code, command()) == (1, 2)
    shown = capsys.readouterr()
    assert "CRITICAL 2019-04 missing_days: " in shown.out
    assert '"TESTS"."PUBLIC"."ABSENT" does not exist' in shown.err
    assert [line[:28] for line in (tmp_path / "page.csv").read_text().splitlines()[1:]] == [
        "absent,,not looked at,,,,,,,",
        "sales,2019-04,in part,28,,,2",
    ]
    assert all((tmp_path / f"page.{kind}").stat().st_size for kind in ("html", "json", "xlsx"))


def test_it_may_run_on_a_schedule() -> None:
    assert build_validate_dag(["sales"]).schedule is None
    dag = build_validate_dag(["sales"], "0 6 * * 1")
    assert dag.schedule == "0 6 * * 1"
    dag.validate()
