"""A feed's suite in its DAG: the gate decides, the report leaves Data Docs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.serialization.serialized_objects import DagSerialization

from local.warehouse.serving.server import RunningWarehouse
from sfetl_provider.core.config.load import load_feed
from sfetl_provider.dag_factory.feed_dag import build_feed_dag

from .conftest import SALES
from .dag_runs import run_dag
from .month_files import lines_of, write_month


def suite_dag(folder: Path, severity: str) -> DAG:
    """Give the DAG of feed `sales` with a suite that no month meets."""
    bounds: dict[str, Any] = {"column": "amount", "max_value": 1}
    expectations = [
        {"type": "expect_column_values_to_be_between", "kwargs": bounds, "severity": severity},
        {"type": "expect_column_median_to_be_between", "kwargs": {"column": "amount", "max_value": 1}},
    ]
    for name, content in (
        ("expectations/low.json", {"name": "low", "expectations": expectations}),
        ("configs/sales.json", {**SALES, "qc": {"expectations": "low"}}),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(content))
    return build_feed_dag(load_feed(folder / "configs" / "sales.json"))


@pytest.mark.parametrize(("severity", "state"), [("warning", "success"), ("critical", "failed")])
def test_the_report_leaves_data_docs_whether_the_month_passes_or_not(
    severity: str, state: str, warehouse: RunningWarehouse, airflow_home: Path, tmp_path: Path
) -> None:
    month = "2025-05" if state == "success" else "2025-06"
    lines = lines_of(month)
    write_month(airflow_home / "incoming", month, lines[:30])
    (airflow_home / "incoming" / f"sales_{month}_b.tsv").write_text("\n".join(lines[30:]))

    run = run_dag(suite_dag(tmp_path, severity), month=month)

    assert (run.state, run.tasks["report"]) == (state, "success"), run
    assert run.report is not None
    told = json.dumps(run.report["qc"]) if state == "success" else run.report["message"]
    assert "expectation 1 of suite low: expect_column_values_to_be_between of amount (max_value 1)" in told
    docs = airflow_home / "reports" / "sales" / "expectations"
    result = json.loads((docs / f"{month}.json").read_text())
    assert (result["success"], result["statistics"]["evaluated_expectations"]) == (False, 1)
    assert len(list(docs.glob(f"{month}.sales_{month}*.tsv-*.json"))) == 2
    assert f"Not met: 1 {severity.upper()}" in (docs / f"{month}.html").read_text()
    assert f'href="{month}.html"' in (docs / "index.html").read_text()


def test_in_mode_snowflake_the_audit_judges_the_load_table(
    warehouse: RunningWarehouse, airflow_home: Path, tmp_path: Path
) -> None:
    write_month(airflow_home / "incoming", "2025-07")

    run = run_dag(suite_dag(tmp_path, "warning"), month="2025-07", qc_mode="snowflake")

    assert run.state == "success", run
    assert run.report is not None
    told = [item["message"] for item in run.report["audit"]["findings"] if item["severity"] == "WARNING"]
    assert told == [
        "2025-07 in the load table: expectation 1 of suite low: expect_column_values_to_be_between of amount "
        "(max_value 1): 31 of 62 unexpected (50 %); as 1.50, 1.50, 1.50, 1.50, 1.50 …."
    ]


def test_the_suite_travels_in_the_serialized_dag(airflow_home: Path, tmp_path: Path) -> None:
    dag = suite_dag(tmp_path, "critical")

    DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
