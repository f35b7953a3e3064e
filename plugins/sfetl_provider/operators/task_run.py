"""What an operator takes from Airflow's context, in core's terms."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from sfetl_provider.core.ports import CheckpointStore, JsonValue
from sfetl_provider.core.report.task_failure import ErrorText
from sfetl_provider.operators.finished_tasks import ERROR


class TaskCheckpoints:
    """Implements `core.ports.CheckpointStore` on Airflow's task state store.

    Its scope is DAG, run, task and map index, and it survives retry, clear and SIGKILL; so a cleared task
    resumes. Airflow forgets keys after 30 days, longer than a failed run is kept.
    """

    def __init__(self, store: Any) -> None:
        self._store = store

    def get(self, key: str) -> JsonValue:
        """Give the value, None when there is none."""
        value: JsonValue = self._store.get(key)
        return value

    def set(self, key: str, value: JsonValue) -> None:
        """Store the value durably."""
        self._store.set(key, value)

    def delete(self, key: str) -> None:
        """Forget the value."""
        self._store.delete(key)


def checkpoints_of(context: Context) -> CheckpointStore:
    """Give the running task's checkpoints."""
    return TaskCheckpoints(context["task_state_store"])


def actor_of(context: Context) -> str:
    """Name who started the run: the triggering user, else the kind of run (scheduled, backfill)."""
    run = context["dag_run"]
    return run.triggering_user_name or str(getattr(run.run_type, "value", run.run_type))


def remember_error(context: Context) -> None:
    """Keep a failed task's message for the run's report (on_failure_callback)."""
    error = context.get("exception")
    if isinstance(error, BaseException):
        context["ti"].xcom_push(key=ERROR, value=ErrorText.of_error(error).to_json())
