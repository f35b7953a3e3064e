"""What a running task shows of its progress."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sfetl_provider.core.events import Notice, Progress
from sfetl_provider.core.ports import JsonValue
from sfetl_provider.operators.task_listener import TaskListener
from tests.core.scripted_warehouse import MemoryCheckpoints

NOON = datetime(2024, 1, 31, 12, tzinfo=UTC)


class _Log:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def info(self, text: str, *values: object) -> None:
        self.lines.append(text % values)

    warning = info


class _CountingStore(MemoryCheckpoints):
    def __init__(self) -> None:
        super().__init__()
        self.writes = 0

    def set(self, key: str, value: JsonValue) -> None:
        self.writes += 1
        super().set(key, value)


class _Bench:
    def __init__(self, store: Any = None) -> None:
        self.log, self.store, self.seconds = _Log(), store or _CountingStore(), 0.5
        self.listen = TaskListener(self.log, self.store, lambda: self.seconds, lambda: NOON)

    def at(self, seconds: float, done: int, step: str = "upload", total: int = 200_000_000) -> None:
        self.seconds = seconds
        self.listen(Progress(step, "a.tsv", done, total, "bytes"))


def test_progress_is_logged_at_most_every_five_seconds_and_at_the_end() -> None:
    bench = _Bench()

    bench.at(1000.0, 0)
    bench.at(1004.9, 10_000_000)
    bench.at(1005.0, 20_000_000)
    bench.at(1009.9, 150_000_000)
    bench.at(1009.95, 200_000_000)

    assert bench.log.lines == [
        "a.tsv: upload 0 % of 200.0 MB",
        "a.tsv: upload 10 % of 200.0 MB, 4.0 MB/s, 45 s left",
        "a.tsv: upload 100 % of 200.0 MB, 20.1 MB/s",
    ]


def test_all_steps_of_a_file_share_a_line() -> None:
    bench = _Bench()

    bench.at(0.5, 0, "compress")
    bench.at(5.4, 40_000_000, "compress")
    bench.at(5.5, 10_000_000)

    assert (
        bench.log.lines[-1] == "a.tsv: compress 20 % of 200.0 MB, 8.2 MB/s, 20 s left; upload 5 % of 200.0 MB"
    )


def test_notices_are_logged_at_once() -> None:
    bench = _Bench()

    for number in range(3):
        bench.listen(Notice("qc", f"notice {number}"))

    assert bench.log.lines == ["qc: notice 0", "qc: notice 1", "qc: notice 2"]


def test_the_page_gets_a_record_at_most_every_two_seconds_and_at_the_end() -> None:
    bench = _Bench()

    for tenth in range(30):
        bench.at(10 + tenth / 10, tenth)
    assert bench.store.writes == 2
    bench.at(12.95, 200_000_000)

    assert bench.store.writes == 3
    assert bench.store.get("progress") == {
        "updated_at": "2024-01-31T12:00:00+00:00",
        "steps": {
            "upload": {
                "subject": "a.tsv",
                "done": 200_000_000,
                "total": 200_000_000,
                "unit": "bytes",
                "percent": 100.0,
                "per_second": 67796610.2,
                "left_seconds": 0.0,
            }
        },
    }


class _FailingStore(MemoryCheckpoints):
    def set(self, key: str, value: JsonValue) -> None:
        raise ConnectionError("secret address")


def test_a_store_that_fails_is_said_once_and_the_task_goes_on() -> None:
    bench = _Bench(_FailingStore())

    for number in range(3):
        bench.at(number * 5.0, number)

    told = [line for line in bench.log.lines if "no longer kept" in line]
    assert told == ["Progress is no longer kept for the page: ConnectionError"]
