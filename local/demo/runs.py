"""Drive the demo's runs through Airflow's REST API."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from local.demo.clock import DemoClock
from local.demo.progress_line import ProgressLine
from local.stack.airflow_api import AirflowApi, AirflowApiError, Json
from local.stack.waiting import wait_until

POLL_SECONDS = 0.5
TIMEOUT_SECONDS = 900
SETTLE_SECONDS = 2
"""Airflow can fail a task that is answered within a second of its question."""

_ENDED = frozenset({"success", "failed"})


class DemoError(Exception):
    """The demo cannot go on, or its numbers do not add up; the message says what and where to look."""


@dataclass(frozen=True)
class LoadRun:
    """One run that loads one month of one feed."""

    feed: str
    month: str
    run_id: str

    @property
    def dag_id(self) -> str:
        return f"load_{self.feed}"


def wait_for_dags(api: AirflowApi, dag_ids: Iterable[str]) -> None:
    """Return when Airflow has parsed these DAGs."""
    wanted = set(dag_ids)

    def is_there() -> bool:
        return wanted <= api.dag_ids()

    try:
        _poll(is_there, f"parsing the DAGs {', '.join(sorted(wanted))}", timeout_seconds=120)
    except DemoError as error:
        traces = "\n".join(f"{each['filename']}:\n{each['stack_trace']}" for each in api.import_errors())
        raise DemoError(f"{error}\n{traces}") from error


def load_months(api: AirflowApi, feed: str, months: tuple[str, ...]) -> list[LoadRun]:
    """Start the loads of these months: by backfill, or by hand where a backfill has loaded a month before."""
    dag_id = f"load_{feed}"
    loaded = {run["partition_key"] for run in _backfilled(api, dag_id) if run["state"] == "success"}
    if not loaded.issuperset(months):
        api.backfill(dag_id, _first_day(months[0]), _first_day(months[-1]), reprocess="failed")
    by_month = {run["partition_key"]: run["dag_run_id"] for run in _backfilled(api, dag_id)}
    missing = [month for month in months if month not in by_month]
    if missing:
        raise DemoError(f"Airflow's backfill of {dag_id} made no run for {', '.join(missing)}.")
    return [
        load_again(api, feed, month) if month in loaded else LoadRun(feed, month, by_month[month])
        for month in months
    ]


def load_again(api: AirflowApi, feed: str, month: str) -> LoadRun:
    """Start a manual run for one month."""
    return LoadRun(feed, month, api.trigger(f"load_{feed}", {"month": month}))


def wait_for_loads(api: AirflowApi, runs: list[LoadRun], clock: DemoClock) -> None:
    """Return when all have ended, showing each change of state; the clock notes each success.

    Raises:
        DemoError: A run failed, or the time is over; the message names the failed tasks.
    """
    failed = [run for run, state in wait_for_ends(api, runs, clock).items() if state == "failed"]
    if failed:
        raise DemoError("\n".join(explain_failure(api, run.dag_id, run.run_id) for run in failed))


def wait_for_ends(api: AirflowApi, runs: list[LoadRun], clock: DemoClock) -> dict[LoadRun, str]:
    """Return each run's state when all have ended, showing each change; the clock notes each success."""
    states = dict.fromkeys(runs, "queued")
    progress = ProgressLine()

    def all_ended() -> bool:
        for run in [run for run, state in states.items() if state not in _ENDED]:
            states[run] = str(api.run(run.dag_id, run.run_id)["state"])
            if states[run] == "success":
                clock.note_loaded_month()
        progress.show(
            clock.stamp(), ", ".join(f"{run.feed} {run.month} {state}" for run, state in states.items())
        )
        return set(states.values()) <= _ENDED

    _poll(all_ended, "the end of the loads")
    progress.end()
    return states


def drop_month(api: AirflowApi, feed: str, month: str) -> str:
    """Delete a month through DAG drop_month, answering its approval; return who is recorded as answering.

    Raises:
        DemoError: The run failed, or never asked.
    """
    conf = {"feeds": [feed], "months": month, "dry_run": False, "reason": "demo"}
    return _run_approved(api, "drop_month", conf, {"typed_months": month})


def restore_month(api: AirflowApi, feed: str, ledger_row: int) -> str:
    """Undo a change through DAG restore_month, answering its approval; return who is recorded as answering.

    Raises:
        DemoError: The run failed, or never asked.
    """
    conf = {"feed": feed, "ledger_row": ledger_row, "dry_run": False, "reason": "demo"}
    return _run_approved(api, "restore_month", conf, {})


def _run_approved(api: AirflowApi, dag_id: str, conf: Json, typed: Json) -> str:
    run_id = api.trigger(dag_id, conf)
    _poll(lambda: _asks_or_ended(api, dag_id, run_id), f"the question of {dag_id}")
    time.sleep(SETTLE_SECONDS)
    answer = _approve(api, dag_id, run_id, typed)
    _poll(lambda: api.run(dag_id, run_id)["state"] in _ENDED, f"the end of {dag_id}")
    if api.run(dag_id, run_id)["state"] != "success":
        raise DemoError(explain_failure(api, dag_id, run_id))
    return str(answer["responded_by"]["name"])


def explain_failure(api: AirflowApi, dag_id: str, run_id: str) -> str:
    """Which tasks of a run failed, and where their logs are."""
    failed = [task["task_id"] for task in api.task_instances(dag_id, run_id) if task["state"] == "failed"]
    return (
        f"{dag_id}, run {run_id}: {', '.join(failed) or 'no task'} failed. "
        f"Read the log at {api.address}/dags/{dag_id}/runs/{run_id}"
    )


def _approve(api: AirflowApi, dag_id: str, run_id: str, typed: Json) -> Json:
    try:
        return api.answer(dag_id, run_id, "approve", "Approve", typed)
    except AirflowApiError as error:
        raise DemoError(f"{error}\n{explain_failure(api, dag_id, run_id)}") from error


def _asks_or_ended(api: AirflowApi, dag_id: str, run_id: str) -> bool:
    states = {task["task_id"]: task["state"] for task in api.task_instances(dag_id, run_id)}
    return states.get("approve") == "awaiting_input" or api.run(dag_id, run_id)["state"] in _ENDED


def _backfilled(api: AirflowApi, dag_id: str) -> list[Json]:
    return [run for run in api.runs(dag_id) if run["run_type"] == "backfill"]


def _first_day(month: str) -> datetime:
    return datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)


def _poll(is_done: Callable[[], bool], what: str, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
    try:
        wait_until(is_done, what, timeout_seconds, POLL_SECONDS)
    except TimeoutError as error:
        raise DemoError(f"{error}. Look at Airflow's page and at the logs of the stack.") from error
