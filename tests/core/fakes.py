"""Ports in memory, for tests of staging and QC: a stage, checkpoints, a clock, and small feeds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any

import zstandard

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import UploadError
from sfetl_provider.core.plan.month_plan import MonthPlan, SourceFile, TableName
from sfetl_provider.core.ports import Bind, JsonValue, QueryResult, QueryStatus, StagedEntry
from sfetl_provider.core.stage.retrying import stopped, upload_of
from sfetl_provider.core.stage.scratch import scratch_error

NOON = datetime(2013, 2, 1, 12, tzinfo=UTC)


class InMemoryStage:
    """A warehouse that only stages, and its uploader: PUT into a dict, LIST of a path.

    `fail_at` counts uploads from 1. SQL is refused, because staging must run none.
    """

    def __init__(self, fail_at: int = 0, failure: BaseException | None = None) -> None:
        self.files: dict[str, bytes] = {}
        self.uploads: list[str] = []
        self.fail_at = fail_at
        self.failure = failure or UploadError("The chunk was not uploaded: the connection broke.")
        self.most_files_waiting = 0

    def upload(self, source: Path, stage_folder: str) -> None:
        self.most_files_waiting = max(self.most_files_waiting, len(list(source.parent.iterdir())))
        if len(self.uploads) + 1 == self.fail_at:
            self.fail_at = 0
            raise self.failure
        self.uploads.append(source.name)
        self.files[stage_folder + source.name] = source.read_bytes()

    def uploader(self) -> InMemoryUploader:
        """Give what uploads to this stage."""
        return InMemoryUploader(self)

    def list_stage(self, stage_folder: str) -> list[StagedEntry]:
        return [
            StagedEntry(path.partition("/")[2], len(content), NOON)
            for path, content in sorted(self.files.items())
            if path.startswith(stage_folder)
        ]

    def text(self) -> bytes:
        """All chunks in the order of their names, decompressed by a reader that knows one frame only."""
        return b"".join(
            zstandard.ZstdDecompressor().decompress(self.files[name]) for name in sorted(self.files)
        )

    def query(self, statement: str, binds: Sequence[Bind] = ()) -> QueryResult:
        raise AssertionError(f"staging runs no SQL: {statement}")

    def submit(self, statement: str) -> str:
        raise AssertionError(f"staging runs no SQL: {statement}")

    def query_status(self, query_id: str) -> QueryStatus:
        raise AssertionError("staging submits nothing")

    def fetch(self, query_id: str) -> QueryResult:
        raise AssertionError("staging submits nothing")

    def cancel(self, query_id: str) -> None:
        raise AssertionError("staging submits nothing")


class InMemoryUploader:
    """Implements the Uploader port over a dict; `hold` makes uploads wait until they are let go or stopped."""

    def __init__(self, stage: InMemoryStage) -> None:
        self._stage = stage
        self._stopped = Event()
        self._let_go = Event()
        self._let_go.set()
        self.started = Event()

    def hold(self) -> None:
        """Let no upload end by itself from now on."""
        self._let_go.clear()

    def upload(self, source: Path, stage_folder: str) -> None:
        self.started.set()
        self._let_go.wait()
        if self._stopped.is_set():
            raise stopped(upload_of(source))
        if not source.exists():
            raise scratch_error(source.parent, FileNotFoundError("No such file"))
        self._stage.upload(source, stage_folder)

    def stop(self) -> None:
        self._stopped.set()
        self._let_go.set()


class InMemoryCheckpoints:
    """A store that keeps JSON text, as the real one does, and refuses values of 60 KB or more."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def get(self, key: str) -> JsonValue:
        value: JsonValue = json.loads(self.texts.get(key, "null"))
        return value

    def set(self, key: str, value: JsonValue) -> None:
        text = json.dumps(value)
        assert len(text) < 60_000, f"{key} is too large"
        self.texts[key] = text

    def delete(self, key: str) -> None:
        self.texts.pop(key, None)


class SteppingClock:
    """A clock that moves one second each time it is asked."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return NOON

    def monotonic(self) -> float:
        self.seconds += 1
        return self.seconds


def feed(columns: Sequence[Any] = ("id", "day", "text"), **sections: Any) -> FeedConfig:
    """Make a feed whose date column is `day`, or the first one; sections override.

    Values are held against types only where the section `qc` says so.
    """
    qc = {"target": "off", **sections.pop("qc", {})}
    names = [column["name"] if isinstance(column, dict) else column for column in columns]
    return FeedConfig.model_validate(
        {
            "feed": "flights",
            "table": {"database": "demo", "schema": "public", "name": "flights"},
            "columns": list(columns),
            "date": {"column": "day" if "day" in names else names[0]},
            "files": {"patterns": ["*"]},
            "qc": qc,
            **sections,
        }
    )


def plan(**changes: Any) -> MonthPlan:
    """Make the plan of a run for 2013-01."""
    return MonthPlan(
        feed="flights",
        month="2013-01",
        dag_id="load_flights",
        run_id="manual",
        run_key="0123456789ab",
        actor="test",
        table=TableName(database="DEMO", schema_name="PUBLIC", name="FLIGHTS"),
        generation=0,
        qc_mode="file",
        is_dry_run=False,
        base_path="",
        explicit_files=(),
        start_over=False,
        planned_at=NOON,
    ).model_copy(update=changes)


def source_file(path: Path, content: bytes | None = None) -> SourceFile:
    """Describe a file, written first when content is given."""
    if content is not None:
        path.write_bytes(content)
    state = path.stat()
    return SourceFile(
        path=str(path),
        name=path.name,
        key=f"{path.name}-key",
        size_bytes=state.st_size,
        modified_ns=state.st_mtime_ns,
    )
