"""What core needs of the outside, as protocols; adapters and tests bring the implementations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

Bind = str | int | float | bool | date | datetime | None
JsonValue = str | int | float | bool | None | list["JsonValue"] | dict[str, "JsonValue"]


@dataclass(frozen=True)
class QueryResult:
    """What a finished statement gave: column names as Snowflake spells them, rows, and the query id.

    `row_count` is the number of rows changed by DML, the number of rows returned otherwise.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    query_id: str
    row_count: int

    def scalar(self) -> object:
        """Give the single value of a result of one row and one column."""
        ((value,),) = self.rows
        return value

    def records(self) -> list[dict[str, object]]:
        """Give one dict a row, keyed by lower-case column name."""
        names = [column.lower() for column in self.columns]
        return [dict(zip(names, row, strict=True)) for row in self.rows]


class QueryState(Enum):
    """Where a submitted statement is; the two terminal states are `is_terminal`."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"

    @property
    def is_terminal(self) -> bool:
        """Tell whether the statement can no longer change."""
        return self in (QueryState.SUCCEEDED, QueryState.FAILED)


@dataclass(frozen=True)
class QueryStatus:
    """The state of a submitted statement, with Snowflake's error when it failed."""

    state: QueryState
    error_code: int = 0
    error_message: str = ""


@dataclass(frozen=True)
class StagedEntry:
    """One file as LIST shows it; `path` is relative to the stage, sizes in bytes as stored, time in UTC.

    `is_encrypted`: by the client that sent it, so that what is stored is not what was to be sent.
    """

    path: str
    size_bytes: int
    modified_at: datetime = field(compare=False)
    is_encrypted: bool = False

    def holds(self, size_bytes: int) -> bool:
        """Tell whether it can be a whole file of this size; encrypted sizes tell it to 16 bytes only."""
        return self.size_bytes == (encrypted_bytes(size_bytes) if self.is_encrypted else size_bytes)


def encrypted_bytes(size_bytes: int) -> int:
    """Give the size of a file that Snowflake's clients encrypted: AES in blocks of 16 bytes, always padded."""
    return (size_bytes // 16 + 1) * 16


class StageListing(Protocol):
    """What can be asked for what lies on a stage."""

    def list_stage(self, stage_folder: str) -> list[StagedEntry]:
        """LIST what lies below a stage path."""
        ...


class StageSession(StageListing, Protocol):
    """What staging asks Snowflake for, beside its uploads; errors as in `Warehouse`."""

    def query(self, statement: str, binds: Sequence[Bind] = ()) -> QueryResult:
        """Run one statement and wait for it."""
        ...


class Warehouse(StageSession, Protocol):
    """One session in Snowflake; not safe for use by two threads at once.

    Every method raises `StatementError` when Snowflake refuses the statement and
    `WarehouseUnavailableError` when it cannot be reached. Binds are positional (`?`), done by the server.
    """

    def submit(self, statement: str) -> str:
        """Start one statement and return its query id at once; it outlives this session."""
        ...

    def query_status(self, query_id: str) -> QueryStatus:
        """Ask for the state of a statement submitted by any session."""
        ...

    def fetch(self, query_id: str) -> QueryResult:
        """Give the result of a statement that succeeded, submitted by any session."""
        ...

    def cancel(self, query_id: str) -> None:
        """Ask Snowflake to stop a statement; one that has ended is left as it is."""
        ...


@dataclass(frozen=True)
class RowBatches:
    """The rows of a query, batch by batch; `row_count` is the number of all."""

    row_count: int
    batches: Iterator[Sequence[tuple[object, ...]]]


@dataclass(frozen=True)
class ExpectationAnswer:
    """Whether an expectation is met, the `result` of GX's validation result, and why there is none, if so."""

    is_met: bool
    result: dict[str, Any]
    error: str = ""


class ExpectationEngine(Protocol):
    """What has expectations judged over a table by Great Expectations itself."""

    def judge(
        self, table: tuple[str, str, str], asked: Sequence[tuple[str, Mapping[str, Any]]]
    ) -> Sequence[ExpectationAnswer]:
        """Judge expectations, each a type and its arguments, over a table: database, schema and name as stored.

        Gives the answers in the order of what was asked; raises what a login raises.
        """
        ...


class RowReader(Protocol):
    """What reads results that are larger than memory; errors as in `Warehouse`, also while batches are taken."""

    def query(self, statement: str, binds: Sequence[Bind] = ()) -> QueryResult:
        """Run one statement and wait for it."""
        ...

    def read_rows(self, statement: str, binds: Sequence[Bind] = (), batch_rows: int = 10_000) -> RowBatches:
        """Run one query and give its rows in batches; only one such result may be open."""
        ...


class BulkWarehouse(Warehouse, RowReader, Protocol):
    """A session that runs statements and reads results that are larger than memory."""


class Uploader(Protocol):
    """What brings chunk files to the stage; several threads may upload at once, any thread may stop them."""

    def upload(self, source: Path, stage_folder: str) -> None:
        """PUT one file, as it is, below a stage path (`@…/`), replacing one of that name.

        Returns once Snowflake's result row said UPLOADED with our size, or that of the encrypted copy. Raises
        `UploadError` when it did not or the upload was stopped, `UploadDeniedError` when the storage refuses it,
        and what a login raises.
        """
        ...

    def stop(self) -> None:
        """End the uploads under way, which raise `UploadError`, and refuse all further ones; at once.

        May be called again, and from a signal's handler.
        """
        ...


class CheckpointStore(Protocol):
    """A small durable map of one task, as Airflow's task state store: a value is JSON under 60 KB."""

    def get(self, key: str) -> JsonValue:
        """Give the value, None when there is none."""
        ...

    def set(self, key: str, value: JsonValue) -> None:
        """Store the value; it is durable when this returns."""
        ...

    def delete(self, key: str) -> None:
        """Forget the value; no error when there is none."""
        ...


class Clock(Protocol):
    """The time, so that tests need no patching."""

    def now(self) -> datetime:
        """Give the current time in UTC, with its zone."""
        ...

    def monotonic(self) -> float:
        """Give seconds that never go back."""
        ...
