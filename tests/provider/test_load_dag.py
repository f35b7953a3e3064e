"""A month through the whole DAG, and what becomes of it when a task fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local.warehouse.serving.server import RunningWarehouse
from sfetl_provider.core.errors import SfetlError
from sfetl_provider.operators.async_copy import AsyncCopyOperator
from sfetl_provider.operators.audit_load import AuditLoadOperator
from sfetl_provider.operators.compress_stage import CleanStageOperator, CompressStageOperator
from sfetl_provider.operators.file_qc import FileQCOperator, QcGateOperator
from sfetl_provider.operators.plan_month import PlanMonthOperator
from sfetl_provider.operators.publish_month import PublishMonthOperator
from sfetl_provider.sensors.monthly_file import MonthlyFileSensor

from .conftest import query
from .dag_runs import run_dag, sales_dag
from .month_files import lines_of, write_month

STEPS = {
    "plan": PlanMonthOperator,
    "wait_for_files": MonthlyFileSensor,
    "file_qc": FileQCOperator,
    "qc_gate": QcGateOperator,
    "compress_stage": CompressStageOperator,
    "copy": AsyncCopyOperator,
    "audit": AuditLoadOperator,
    "publish": PublishMonthOperator,
    "clean_stage": CleanStageOperator,
}


def rows_of(warehouse: RunningWarehouse, month: str) -> int:
    days = f"DAY BETWEEN '{month}-01' AND LAST_DAY('{month}-01'::DATE)"
    return int(query(warehouse, f"SELECT COUNT(*) FROM TESTS.PUBLIC.SALES WHERE {days}")[0][0])


def staged_files(warehouse: RunningWarehouse, month: str) -> list[str]:
    """Names of the month's chunks: failed runs of other tests leave theirs."""
    names = [row[0] for row in query(warehouse, "LIST @TESTS.SFETL.CHUNKS")]
    return [name for name in names if f"/{month}/" in name]


def test_a_month_is_loaded_once_however_often_it_is_loaded(
    warehouse: RunningWarehouse, airflow_home: Path
) -> None:
    path = write_month(airflow_home / "incoming", "2024-02")

    for _ in range(2):
        run = run_dag(sales_dag(), month="2024-02")

        assert run.state == "success", run
        assert rows_of(warehouse, "2024-02") == 58
        assert run.report is not None
        assert run.report["state"] == "published"
        assert {run.report[f"rows_{step}"] for step in ("in_files", "staged", "copied", "published")} == {58}
    ledger = query(
        warehouse, "SELECT ACTION, ROWS_DELETED, ROWS_INSERTED FROM TESTS.SFETL.LEDGER ORDER BY SEQUENCE"
    )
    assert ledger[-2:] == [("publish", 0, 58), ("publish", 58, 58)]
    assert staged_files(warehouse, "2024-02") == []

    run = run_dag(sales_dag(), month="2024-02", load_mode="append")

    assert (run.state, run.tasks["qc_gate"], run.tasks["publish"]) == ("success", "skipped", "skipped")
    assert run.report is not None
    assert (run.report["state"], run.report["files_published_before"]) == ("nothing_new", [path.name])

    write_month(airflow_home / "incoming", "2024-02", lines_of("2024-02", rows_per_day=1))
    run = run_dag(sales_dag(), month="2024-02")

    assert run.tasks["copy"] == "failed", run.tasks
    assert run.report is not None
    assert "29 rows instead of 58, 50.0% fewer" in run.report["message"]
    assert rows_of(warehouse, "2024-02") == 58


def test_several_files_make_one_month(warehouse: RunningWarehouse, airflow_home: Path) -> None:
    folder = airflow_home / "incoming"
    half = lines_of("2024-03")
    write_month(folder, "2024-03", half[:30])
    (folder / "sales_2024-03_b.tsv").write_text("\n".join(half[30:]))

    run = run_dag(sales_dag(), month="2024-03")

    assert run.state == "success"
    assert run.report is not None
    assert [file["staged_records"] for file in run.report["files"]] == [30, 32]
    assert rows_of(warehouse, "2024-03") == 62


@pytest.mark.parametrize(("qc_mode", "checks"), [("file", "qc"), ("snowflake", "audit")])
def test_a_month_with_a_low_day_is_loaded_and_told(
    qc_mode: str, checks: str, warehouse: RunningWarehouse, airflow_home: Path
) -> None:
    write_month(airflow_home / "incoming", "2024-07", lines_of("2024-07", rows_per_day=5)[4:])

    run = run_dag(sales_dag(), month="2024-07", qc_mode=qc_mode)

    assert run.state == "success"
    assert run.report is not None
    assert ("WARNING", "low_days") in [
        (finding["severity"], finding["code"]) for finding in run.report[checks]["findings"]
    ]
    days = [(day["day"], day["rows"], day["day_class"]) for day in run.report[checks]["days"]]
    assert days[:2] == [("2024-07-01", 1, "LOW"), ("2024-07-02", 5, "NORMAL")]
    assert len(days) == 31


def test_a_dry_run_checks_the_files_and_loads_nothing(
    warehouse: RunningWarehouse, airflow_home: Path
) -> None:
    write_month(airflow_home / "incoming", "2024-04")

    run = run_dag(sales_dag(), month="2024-04", dry_run=True)

    assert run.state == "success"
    assert run.tasks["qc_gate"] == "success"
    assert run.tasks["publish"] == "skipped"
    assert run.report is not None
    assert run.report["state"] == "dry_run"
    assert rows_of(warehouse, "2024-04") == 0


@pytest.mark.parametrize("task_id", STEPS)
def test_a_failed_run_is_red_whatever_task_failed_and_has_its_report(
    task_id: str, warehouse: RunningWarehouse, airflow_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_month(airflow_home / "incoming", "2024-05")
    loaded_before = rows_of(warehouse, "2024-05")

    def fail(*_: Any, **__: Any) -> None:
        raise SfetlError(f"{task_id} broke on purpose.", safe="All is well.", next_step="Nothing to do.")

    monkeypatch.setattr(STEPS[task_id], "execute", fail)
    run = run_dag(sales_dag(), month="2024-05")

    assert run.state == "failed"
    assert run.tasks[task_id] == "failed"
    assert run.report is not None
    assert run.report["state"] == "failed"
    assert run.report["failed_tasks"][0].startswith(task_id)
    assert run.report["failures"][0]["safe"] == "All is well."
    assert f"{task_id} broke on purpose." in run.report["message"]
    if task_id == "clean_stage":
        assert rows_of(warehouse, "2024-05") == 62
    else:
        assert rows_of(warehouse, "2024-05") == loaded_before


@pytest.mark.parametrize(
    ("month", "lines", "failed_task", "message"),
    [
        ("2024-06", [], "qc_gate", "holds no records"),
        ("2024-06", ["2024-06-01\tshop"], "qc_gate", "line 1"),
        ("2024-06", lines_of("2024-07"), "qc_gate", "62 records outside 2024-06"),
        ("2024-06", lines_of("2024-06")[:-4], "qc_gate", "2024-06-29–2024-06-30"),
        ("2024-06", [*lines_of("2024-06"), "2024-06-30\tshop\tmuch"], "qc_gate", "much"),
        ("2024-06", [*lines_of("2024-06"), "2024-06-30\tmuch too long a name\t1"], "qc_gate", "VARCHAR(20);"),
        ("2024-06", None, "wait_for_files", "looked for sales_2024-06*.tsv"),
    ],
    ids=["empty", "ragged", "other-month", "missing-days", "not-a-number", "too-long", "no-file"],
)
def test_bad_input_fails_in_the_right_task_with_a_message(
    month: str,
    lines: list[str] | None,
    failed_task: str,
    message: str,
    warehouse: RunningWarehouse,
    airflow_home: Path,
) -> None:
    path = airflow_home / "incoming" / f"sales_{month}.tsv"
    path.unlink(missing_ok=True)
    if lines is not None:
        write_month(airflow_home / "incoming", month, lines)

    run = run_dag(sales_dag(), month=month)

    assert run.state == "failed"
    assert run.tasks[failed_task] == "failed", run.tasks
    assert run.report is not None
    assert message in run.report["message"]
    assert rows_of(warehouse, month) == 0


@pytest.mark.parametrize("bad", ["2024-06-30\tshop\tmuch", "2024-06-30\tmuch too long a name\t1"])
def test_values_that_are_not_held_against_the_table_fail_in_copy(
    bad: str, warehouse: RunningWarehouse, airflow_home: Path
) -> None:
    write_month(airflow_home / "incoming", "2024-06", [*lines_of("2024-06"), bad])

    run = run_dag(sales_dag(qc={"target": "off"}), month="2024-06")

    assert run.tasks["copy"] == "failed", run.tasks
    assert run.report is not None
    assert "line 61" in run.report["message"]
    assert rows_of(warehouse, "2024-06") == 0


def test_bad_lines_are_listed_beside_the_report_that_names_the_list(
    warehouse: RunningWarehouse, airflow_home: Path
) -> None:
    write_month(airflow_home / "incoming", "2024-09", [*lines_of("2024-09"), *["short"] * 25])

    run = run_dag(sales_dag(), month="2024-09")

    (path,) = (airflow_home / "reports" / "sales" / "2024-09").glob("*-rejects/sales_2024-09.tsv-*.tsv")
    assert len(path.read_text().splitlines()) == 1 + 25
    assert run.report is not None
    assert f"and 5 more. All are listed in {path}." in run.report["message"]
    (told,), days = run.report["bad_lines"], run.report["qc"]["days"]
    assert (told["lines"][0]["line"], len(told["lines"]), len(days)) == (61, 20, 30)
    page = path.parents[1] / f"{run.report['run_key']}.html"
    assert '<td class="number">61</td>' in page.read_text()


def test_a_missing_connection_is_named(
    warehouse: RunningWarehouse, airflow_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_SNOWFLAKE_DEFAULT")

    run = run_dag(sales_dag(), month="2024-02")

    assert run.tasks["plan"] == "failed"
    assert run.report is not None
    assert "The Airflow connection snowflake_default does not exist." in run.report["message"]


def test_a_warehouse_that_is_down_is_named_and_worth_a_retry(
    warehouse: RunningWarehouse, airflow_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    down = {"conn_type": "snowflake", "login": "u", "password": "p"}
    extra = {"account": "local", "host": "127.0.0.1", "port": 9, "protocol": "http", "login_timeout": 2}
    monkeypatch.setenv("AIRFLOW_CONN_SNOWFLAKE_DEFAULT", json.dumps({**down, "extra": extra}))

    run = run_dag(sales_dag(), month="2024-02")

    assert run.tasks["plan"] == "failed"
    assert run.report is not None
    assert "Snowflake could not be reached while logging in" in run.report["message"]
