"""What an operator takes from Airflow's context, in core's terms."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from airflow.sdk import Context

from sfetl_provider.core.events import Event, Listener, Notice, Progress
from sfetl_provider.core.ports import CheckpointStore, JsonValue

_LOG_EVERY_SECONDS = 5.0


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


def log_listener(log: Any, monotonic: Callable[[], float] = time.monotonic) -> Listener:
    """Give a listener that logs notices at once and progress at most every five seconds."""
    last_seconds = float("-inf")

    def listen(event: Event) -> None:
        nonlocal last_seconds
        if isinstance(event, Notice):
            log.info("%s: %s", event.step, event.message)
        elif isinstance(event, Progress) and monotonic() - last_seconds >= _LOG_EVERY_SECONDS:
            last_seconds = monotonic()
            share = 100 * event.done / event.total if event.total else 100
            log.info(
                "%s %s: %.0f %% (%d of %d %s)",
                event.step,
                event.subject,
                share,
                event.done,
                event.total,
                event.unit,
            )

    return listen


def remember_error(context: Context) -> None:
    """Keep a failed task's message for the run's report (on_failure_callback)."""
    error = context.get("exception")
    if error is not None:
        context["ti"].xcom_push(key="error", value=str(error)[:4000])
