"""Many months of many feeds: what is loaded, starting and finding a load again, the report of all."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.api.datamodels._generated import DagRunState
from airflow.sdk.exceptions import DagRunTriggerException, TaskDeferred

from local.warehouse.serving.server import RunningWarehouse
from sfetl_provider.core.errors import BatchedLoadError
from sfetl_provider.core.ledger.append import append
from sfetl_provider.core.ledger.generation import raise_generation, read_generation
from sfetl_provider.core.ledger.tables import prepare
from sfetl_provider.core.ledger.transaction import transaction
from sfetl_provider.core.plan.names import batch_path, quoted_table, run_key, target_table
from sfetl_provider.dag_factory.batch_dag import build_batch_dag
from sfetl_provider.operators.feed_operator import hook_of
from sfetl_provider.operators.load_batch import (
    SKIPPED,
    BatchReportOperator,
    PlanBatchOperator,
    TriggerLoadOperator,
)
from sfetl_provider.settings import find_feed
from tests.core.load_samples import sample_facts

ASKED = {"feed": "sales", "month": "2022-03", "run_id": "batch__1__2022-03"}


class Instance:
    """A task instance of the batch whose loads are in the given state (None: not started)."""

    dag_id, run_id = "batch", "manual__b"

    def __init__(self, load_state: str | None = None, is_paused: bool = False) -> None:
        self.load_state, self.is_paused = load_state, is_paused
        self.left: dict[tuple[str, str], Any] = {}

    def get_dr_count(self, **_: Any) -> int:
        return 0 if self.load_state is None else 1

    def get_dagrun_state(self, **_: Any) -> DagRunState:
        return DagRunState(self.load_state)

    def get_dag(self, dag_id: str) -> Any:
        return SimpleNamespace(is_paused=self.is_paused)

    def get_task_states(self, **_: Any) -> dict[str, dict[str, str]]:
        states = {"success": "success", None: "failed"}
        return {self.run_id: {"plan": "success", "load_0": states.get(self.load_state, "failed")}}

    def xcom_push(self, key: str, value: Any) -> None:
        self.left["plan", key] = value

    def xcom_pull(self, task_ids: str, key: str = "return_value", **_: Any) -> Any:
        return self.left.get((task_ids, key))


def context(instance: Instance, **params: Any) -> Any:
    run = SimpleNamespace(
        dag_id="batch", run_id="manual__b", triggering_user_name="ada", start_date=datetime.now(UTC)
    )
    return {"ti": instance, "dag_run": run, "params": params}


def record_publication(month: str, rows: int) -> None:
    """Write what the ledger has after a load, which is what the plan asks."""
    feed = find_feed("sales")
    table, database = target_table(feed), feed.table.database
    facts = sample_facts(feed="sales", month=month, rows_inserted=rows, table_name=quoted_table(table))
    with hook_of(feed).open_session() as session:
        prepare(session, feed)
        seen = read_generation(session, database, "sales", month)
        with transaction(session, 10):
            raise_generation(session, database, "sales", month, seen)
            append(session, database, facts)


def trigger() -> TriggerLoadOperator:
    return TriggerLoadOperator(task_id="load", asked=ASKED, passed_on=["qc_mode"])


def test_a_load_is_started_with_its_month_and_waited_for() -> None:
    with pytest.raises(DagRunTriggerException) as started:
        trigger().execute(context(Instance(), qc_mode="file"))

    assert (started.value.trigger_dag_id, started.value.dag_run_id) == ("load_sales", ASKED["run_id"])
    assert started.value.conf == {"month": "2022-03", "qc_mode": "file"}
    assert (started.value.deferrable, started.value.wait_for_completion) == (True, True)


def test_a_load_that_exists_is_found_again_and_not_started() -> None:
    with pytest.raises(TaskDeferred) as waits:
        trigger().execute(context(Instance("running"), qc_mode="file"))
    assert waits.value.trigger.run_ids == [ASKED["run_id"]]

    trigger().execute(context(Instance("success"), qc_mode="file"))
    with pytest.raises(BatchedLoadError, match="/dags/load_sales/runs/batch__1__2022-03, then this task and"):
        trigger().execute_complete(context(Instance("failed"), qc_mode="file"), None)
    with pytest.raises(BatchedLoadError, match="Unpause load_sales"):
        trigger().execute(context(Instance(is_paused=True), qc_mode="file"))


def test_months_in_the_table_are_skipped_and_all_are_in_the_report(
    warehouse: RunningWarehouse, airflow_home: Path
) -> None:
    record_publication("2022-01", rows=62)
    instance = Instance()
    params = {"feeds": ["sales"], "months": "1999-12, 2022-01, 2022-03", "load_again": False}

    loads = PlanBatchOperator(task_id="plan").execute(context(instance, **params))

    assert [(load["feed"], load["month"]) for load in loads] == [("sales", "2022-03")]
    instance.left["plan", "return_value"] = loads
    told = BatchReportOperator(task_id="report").execute(context(instance))
    assert (told["skipped"], told["not run"]) == (2, 1)
    path = batch_path(airflow_home / "reports", run_key("batch", "manual__b"))
    reasons = [month["reason"] for month in json.loads(path.read_text())["months"]]
    assert reasons[0].startswith("outside")
    assert reasons[1].startswith("in the table: 62 rows, ledger row ")
    again = PlanBatchOperator(task_id="plan")
    assert len(again.execute(context(instance, **{**params, "load_again": True}))) == 2
    assert len(instance.left["plan", SKIPPED]) == 1


def test_the_dag_passes_on_how_to_load(airflow_home: Path) -> None:
    dag = build_batch_dag(["sales"])

    assert dag.get_task("report").is_teardown
    assert {"months", "feeds", "load_again", "qc_mode", "dry_run", "confirm_smaller"} <= set(dag.params)
