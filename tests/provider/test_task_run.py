"""What operators take from Airflow's context."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sfetl_provider.core.errors import QcFailedError
from sfetl_provider.operators.task_run import actor_of, checkpoints_of, remember_error
from tests.core.scripted_warehouse import MemoryCheckpoints


def context_of(**run: Any) -> Any:
    return {"dag_run": SimpleNamespace(**{"triggering_user_name": None, "run_type": "scheduled", **run})}


def test_the_actor_is_the_user_else_the_kind_of_run() -> None:
    assert actor_of(context_of(triggering_user_name="ann", run_type="manual")) == "ann"
    assert actor_of(context_of()) == "scheduled"
    assert actor_of(context_of(run_type=SimpleNamespace(value="backfill"))) == "backfill"


class _TaskInstance:
    def __init__(self) -> None:
        self.pushed: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value


def test_an_error_is_kept_for_the_report_and_cut_to_what_travels() -> None:
    ti = _TaskInstance()
    error = QcFailedError("x" * 5000, safe="All is well.", next_step="Correct the file.")

    remember_error({"exception": error, "ti": ti})  # type: ignore[typeddict-item]

    assert ti.pushed == {
        "error": {
            "error": "QcFailedError",
            "what": "x" * 4000 + "…",
            "safe": "All is well.",
            "next_step": "Correct the file.",
        }
    }


def test_without_an_error_nothing_is_kept() -> None:
    ti = _TaskInstance()

    remember_error({"ti": ti})  # type: ignore[typeddict-item]

    assert ti.pushed == {}


def test_checkpoints_are_the_tasks_state_store() -> None:
    store = MemoryCheckpoints()
    checkpoints = checkpoints_of({"task_state_store": store})  # type: ignore[typeddict-item]

    checkpoints.set("key", {"a": 1})
    assert store.get("key") == checkpoints.get("key") == {"a": 1}
    checkpoints.delete("key")
    assert checkpoints.get("key") is None
