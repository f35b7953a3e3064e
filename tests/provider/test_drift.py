"""Drift in the DAG: the gate compares with months that earlier runs published."""

from __future__ import annotations

from pathlib import Path

from local.warehouse.serving.server import RunningWarehouse
from sfetl_provider.core.config.drift_model import DriftConfig

from .dag_runs import run_dag, sales_dag
from .month_files import lines_of, write_month


def test_a_month_unlike_the_one_before_is_loaded_and_told(
    warehouse: RunningWarehouse, airflow_home: Path
) -> None:
    dag = sales_dag(qc={"drift": DriftConfig(months=1)})
    write_month(airflow_home / "incoming", "2026-01", lines_of("2026-01"))
    shorter = [line.replace("\tshop ", "\ts") for line in lines_of("2026-02")]
    write_month(airflow_home / "incoming", "2026-02", shorter)

    runs = [run_dag(dag, month=month) for month in ("2026-01", "2026-02")]

    assert [run.state for run in runs] == ["success", "success"], runs
    report = runs[1].report
    assert report is not None
    (found,) = [finding for finding in report["qc"]["findings"] if finding["code"] == "drift_mean_length"]
    assert found["severity"] == "WARNING"
    assert found["message"].startswith("Mean lengths of 1 column unlike the published month 2026-01: SHOP ")
    assert report["qc"]["quality"]["warnings"] == 1
