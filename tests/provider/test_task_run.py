"""What operators take from Airflow's context."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sfetl_provider.core.errors import QcFailedError
from sfetl_provider.core.events import Notice, Progress
from sfetl_provider.operators.task_run import actor_of, checkpoints_of, log_listener, remember_error
from tests.core.scripted_warehouse import MemoryCheckpoints


class _Log:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def info(self, text: str, *values: object) -> None:
        self.lines.append(text % values)


def progress(done: int, total: int = 200) -> Progress:
    return Progress("stage", "a.tsv", done, total, "bytes")


def test_progress_is_logged_at_most_every_five_seconds() -> None:
    log, times = _Log(), [0.0]
    listen = log_listener(log, lambda: times[-1])

    for seconds, done in ((1000.0, 10), (1004.9, 20), (1005.0, 30), (1009.9, 40), (1010.1, 50)):
        times.append(seconds)
        listen(progress(done))

    assert log.lines == [
        "stage a.tsv: 5 % (10 of 200 bytes)",
        "stage a.tsv: 15 % (30 of 200 bytes)",
        "stage a.tsv: 25 % (50 of 200 bytes)",
    ]


def test_the_first_progress_is_logged_even_on_a_machine_just_started() -> None:
    log = _Log()

    log_listener(log, lambda: 0.5)(progress(10))

    assert len(log.lines) == 1


def test_notices_are_logged_at_once() -> None:
    log = _Log()
    listen = log_listener(log, lambda: 1000.0)

    for number in range(3):
        listen(Notice("qc", f"notice {number}"))

    assert log.lines == ["qc: notice 0", "qc: notice 1", "qc: notice 2"]


def test_nothing_to_do_is_a_hundred_percent() -> None:
    log = _Log()

    log_listener(log, lambda: 1000.0)(progress(0, 0))

    assert log.lines == ["stage a.tsv: 100 % (0 of 0 bytes)"]


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
    error = QcFailedError("x" * 5000, next_step="Correct the file.")

    remember_error({"exception": error, "ti": ti})  # type: ignore[typeddict-item]

    assert ti.pushed == {"error": "x" * 4000}


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
