"""Deleting a month: preview, approval, deletion, report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from local.warehouse.serving.server import RunningWarehouse
from sfetl_provider.core.errors import DropRefusedError
from sfetl_provider.dag_factory.drop_dag import build_drop_dag
from sfetl_provider.dag_factory.restore_dag import build_restore_dag
from sfetl_provider.operators.approval import PreviewApprovalOperator
from sfetl_provider.operators.drop_month import DropMonthOperator

from .conftest import query
from .dag_runs import FinishedRun, run_dag, sales_dag
from .month_files import write_month

APPROVED = {
    "chosen_options": ["Approve"],
    "params_input": {"typed_months": "2023-02"},
    "responded_by_user": {"id": "7", "name": "ann"},
}
MISTYPED = {**APPROVED, "params_input": {"typed_months": "2023-03"}}
REJECTED = {"chosen_options": ["Reject"], "responded_by_user": {"id": "7", "name": "ann"}}


@pytest.fixture
def loaded(warehouse: RunningWarehouse, airflow_home: Path) -> RunningWarehouse:
    """A warehouse that holds 2023-02, 56 rows."""
    write_month(airflow_home / "incoming", "2023-02")
    assert run_dag(sales_dag(), month="2023-02").state == "success"
    return warehouse


def rows(warehouse: RunningWarehouse) -> int:
    return int(query(warehouse, "SELECT COUNT(*) FROM TESTS.PUBLIC.SALES WHERE YEAR(DAY) = 2023")[0][0])


def drop(answer: dict[str, Any], monkeypatch: pytest.MonkeyPatch, **params: Any) -> FinishedRun:
    """Run the DAG with somebody answering at once; Airflow's own waiting is tried with the whole stack."""
    asked = PreviewApprovalOperator.execute

    def answer_at_once(self: PreviewApprovalOperator, context: Any) -> Any:
        if context["params"]["dry_run"]:
            return asked(self, context)
        return answer

    monkeypatch.setattr(PreviewApprovalOperator, "execute", answer_at_once)
    chosen = {"feeds": ["sales"], "reason": "test", "dry_run": False, **params}
    return run_dag(build_drop_dag(["sales"]), **chosen)


def test_an_approved_month_is_deleted_and_recorded(
    loaded: RunningWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = drop(APPROVED, monkeypatch, months="2023-01..2023-02")

    assert run.state == "success"
    assert run.mapped["drop"] == [("sales 2023-02", "success")]
    assert rows(loaded) == 0
    assert run.report is not None
    assert (run.report["state"], run.report["rows_deleted"]) == ("dropped", 56)
    (entry,) = query(
        loaded,
        "SELECT APPROVER, REASON, ROWS_DELETED FROM TESTS.SFETL.LEDGER WHERE ACTION = 'drop'"
        f" AND RUN_ID = '{run.run_id}'",
    )
    assert entry == ("ann", "test", 56)


def test_a_dry_run_only_previews(loaded: RunningWarehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    run = drop(APPROVED, monkeypatch, months="2023-02", dry_run=True)

    assert (run.state, run.tasks["preview"], run.tasks["drop"]) == ("success", "success", "skipped")
    assert rows(loaded) == 56
    assert run.report is not None
    assert run.report["state"] == "dry_run"


@pytest.mark.parametrize(
    ("answer", "message"),
    [(REJECTED, "Nobody approved"), (MISTYPED, "names '2023-03', to be deleted are 2023-02")],
)
def test_without_an_approval_nothing_is_deleted_even_if_the_task_runs(
    loaded: RunningWarehouse, monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any], message: str
) -> None:
    run = drop(answer, monkeypatch, months="2023-02")

    assert (run.state, run.tasks["drop"]) == ("failed", "failed")
    assert rows(loaded) == 56
    assert run.report is not None
    assert message in run.report["message"]


def test_an_approval_that_never_comes_deletes_nothing(
    loaded: RunningWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Airflow's scheduler ends the waiting with this event once the days are over."""

    def expire(self: PreviewApprovalOperator, context: Any) -> Any:
        return self.execute_complete(context, {"error": "nobody answered", "error_type": "timeout"})

    monkeypatch.setattr(PreviewApprovalOperator, "execute", expire)
    chosen = {"feeds": ["sales"], "months": "2023-02", "reason": "test", "dry_run": False}
    run = run_dag(build_drop_dag(["sales"]), **chosen)

    assert (run.state, run.tasks["approve"], run.tasks["drop"]) == ("failed", "failed", "upstream_failed")
    assert rows(loaded) == 56
    assert run.report is not None
    assert (run.report["state"], run.report["failed_tasks"]) == ("failed", ["approve"])


def test_a_dropped_month_is_brought_back_by_its_ledger_row(
    loaded: RunningWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped = drop(APPROVED, monkeypatch, months="2023-02").report
    assert dropped is not None
    chosen = {
        "feed": "sales",
        "reason": "test",
        "ledger_row": dropped["ledger_sequence"],
        "undo_later": False,
    }

    shown = run_dag(build_restore_dag(["sales"]), **chosen, dry_run=True)
    assert (shown.tasks["restore"], rows(loaded)) == ("skipped", 0)
    restored = run_dag(build_restore_dag(["sales"]), **chosen, dry_run=False)

    assert (restored.state, rows(loaded)) == ("success", 56)
    assert restored.report is not None
    assert (restored.report["state"], restored.report["rows_restored"]) == ("restored", 56)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"months": "2001-01"}, "has no rows"),
        ({"months": "soon"}, "is not a month"),
    ],
)
def test_what_cannot_be_dropped_fails_in_the_preview(
    params: dict[str, str], message: str, loaded: RunningWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = drop(APPROVED, monkeypatch, **params)

    assert (run.state, run.tasks["preview"]) == ("failed", "failed")
    assert run.report is not None
    assert message in run.report["message"]
    assert rows(loaded) == 56


def test_the_approval_of_a_dry_run_is_skipped() -> None:
    with pytest.raises(AirflowSkipException, match="Dry run"):
        PreviewApprovalOperator(task_id="approve", subject="?").execute({"params": {"dry_run": True}})  # type: ignore[typeddict-item]


def test_the_operator_itself_asks_for_the_approval() -> None:
    operator = DropMonthOperator(task_id="drop", preview=PREVIEW, previews=[PREVIEW], approval=None)

    with pytest.raises(DropRefusedError, match="Nobody approved deleting 2023-02 of sales"):
        operator.execute({})


PREVIEW: dict[str, Any] = {
    "feed": "sales",
    "month": "2023-02",
    "table": {"database": "TESTS", "schema_name": "PUBLIC", "name": "SALES"},
    "columns": ["DAY"],
    "rows": 1,
    "total_rows": 1,
    "share": 1.0,
    "first": "2023-02-01",
    "last": "2023-02-01",
    "sample": [["2023-02-01"]],
    "generation": 1,
    "last_change": "",
    "reach_days": 1,
    "keep_until": None,
}
