"""What failed loads leave, removed by the DAG maintenance once it is due."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local.warehouse.serving.server import RunningWarehouse
from sfetl_provider.core.plan.names import run_key
from sfetl_provider.dag_factory.maintenance_dag import build_maintenance_dag
from sfetl_provider.operators.publish_month import PublishMonthOperator

from .conftest import query
from .dag_runs import FinishedRun, run_dag, sales_dag
from .month_files import write_month


@pytest.fixture
def failed(warehouse: RunningWarehouse, airflow_home: Path, monkeypatch: pytest.MonkeyPatch) -> FinishedRun:
    """A load that failed while it published: chunks and a load table are left."""
    write_month(airflow_home / "incoming", "2022-11")

    def refuse(self: PublishMonthOperator, context: Any) -> Any:
        raise RuntimeError("not now")

    with monkeypatch.context() as patched:
        patched.setattr(PublishMonthOperator, "execute", refuse)
        run = run_dag(sales_dag(), month="2022-11")
    assert run.state == "failed"
    folder = airflow_home / "scratch" / "sales" / "2022-11" / run_key("load_sales", run.run_id)
    folder.mkdir(parents=True, exist_ok=True)
    return run


def left(warehouse: RunningWarehouse, run: FinishedRun) -> tuple[int, int]:
    """How many files on the stage and how many load tables the run still has."""
    key = run_key("load_sales", run.run_id)
    files = query(warehouse, f"LIST @TESTS.SFETL.CHUNKS/sales/2022-11/{key}/")
    tables = query(warehouse, "SHOW TABLES IN SCHEMA TESTS.SFETL STARTS WITH 'LOAD_'")
    return len(files), sum(key.upper() in str(row) for row in tables)


def test_what_a_failed_run_left_stays_for_its_days_and_is_removed_then(
    warehouse: RunningWarehouse, failed: FinishedRun, airflow_home: Path
) -> None:
    before = left(warehouse, failed)
    assert before[0] > 0
    assert before[1] == 1

    for params in ({}, {"keep_days": 0, "dry_run": True}):
        assert run_dag(build_maintenance_dag(), **params).state == "success"
        assert left(warehouse, failed) == before

    run = run_dag(build_maintenance_dag(), keep_days=0)

    assert (run.state, run.tasks) == ("success", {"find": "success", "remove": "success"})
    assert left(warehouse, failed) == (0, 0)
    assert not list((airflow_home / "scratch").glob("sales/2022-11/*"))


def test_what_a_living_run_owns_is_never_removed(warehouse: RunningWarehouse, failed: FinishedRun) -> None:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    def set_state(state: str) -> None:
        with create_session() as session:
            session.query(DagRun).filter_by(run_id=failed.run_id).update({"state": state})

    set_state("running")
    before = left(warehouse, failed)
    try:
        assert run_dag(build_maintenance_dag(), keep_days=0).state == "success"
        assert left(warehouse, failed) == before
    finally:
        set_state("failed")
    assert run_dag(build_maintenance_dag(), keep_days=0).state == "success"
    assert left(warehouse, failed) == (0, 0)
