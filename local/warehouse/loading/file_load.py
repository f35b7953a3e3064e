"""One file of a COPY: by DuckDB's reader where it reads exactly and all is good, else record by record."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from local.warehouse.errors import SqlError, canceled
from local.warehouse.loading import csv_reader
from local.warehouse.loading.csv_columns import literal
from local.warehouse.loading.exact_load import ExactLoad, FileOutcome, RowPlan
from local.warehouse.loading.load_faults import Fault, file_fault
from local.warehouse.loading.on_error import OnError
from local.warehouse.loading.staged_text import StagedText
from local.warehouse.stages.stages import StagedFile


class DoubtError(Exception):
    """A file that went straight into the table was not read as it should be: all must be done without that."""


@dataclass(frozen=True)
class DirectInsert:
    """The session's connection, in a transaction that can be rolled back, and the beginning of an INSERT."""

    connection: duckdb.DuckDBPyConnection
    insertion: str


@dataclass(frozen=True)
class FileLoad:
    """Makes the rows of one file, as Parquet in a folder of its own, on a connection of its own.

    With `direct`, the rows of a good file go into the table instead.
    """

    connection: duckdb.DuckDBPyConnection
    plan: RowPlan
    on_error: OnError
    staged: StagedFile
    folder: Path
    cancelled: threading.Event
    on_bytes: Callable[[int], None]
    direct: DirectInsert | None = None

    def run(self, text: StagedText | SqlError | None) -> FileOutcome:
        """Read the file; `text` is what came of unpacking it, None when that is not wanted.

        Raises SqlError at a fault when the COPY aborts on errors. A file that ON_ERROR skips has no rows.
        """
        if self.cancelled.is_set():
            raise canceled()
        if isinstance(text, SqlError):
            return self._unreadable(text)
        self.folder.mkdir(parents=True, exist_ok=True)
        outcome = self._by_duckdb(text) if text is not None and self._suits_duckdb(text) else None
        return outcome if outcome is not None else self._exactly()

    def _unreadable(self, error: SqlError) -> FileOutcome:
        if self.on_error.aborts or error.code != 100085:
            raise error
        return FileOutcome(errors=1, first=file_fault(error))

    def _suits_duckdb(self, text: StagedText) -> bool:
        form = self.plan.file_format
        if text.is_odd:
            return False
        if len(self.plan.columns) == 1:
            return form.empty_field_as_null or "" in form.null_if
        return form.skip_blank_lines or not text.blank_line_count

    def _by_duckdb(self, text: StagedText) -> FileOutcome | None:
        """None when DuckDB finds a fault in the file, or fewer records than there are."""
        if not text.byte_count:
            return FileOutcome()
        query = csv_reader.values_sql(self.plan.columns, self.plan.file_format, text)
        if self.direct is not None and not text.has_enclosure:
            return self._directly(text, query, self.direct)
        path = self.folder / "whole.parquet"
        packing = f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION uncompressed)"
        count = _count_of(self.connection, packing)
        if count is None or not self._is_complete(text, count, path):
            path.unlink(missing_ok=True)
            return None
        return FileOutcome(parsed=count, loaded=count, rows=[path] if count else [])

    def _directly(self, text: StagedText, query: str, direct: DirectInsert) -> FileOutcome:
        """Raises the fault that the file has, else DoubtError when it did not go well all the same."""
        count = _count_of(direct.connection, f"{direct.insertion} {query}")
        if count is None or not self._is_complete(text, count, None):
            self._read_exactly(writes=False)
            raise DoubtError
        return FileOutcome(parsed=count, loaded=count)

    def _is_complete(self, text: StagedText, count: int, path: Path | None) -> bool:
        """DuckDB drops an empty field too many at the end of a record: records and delimiters must add up."""
        expected = text.records
        if (
            expected is not None
            and len(self.plan.columns) == 1
            and not self.plan.file_format.skip_blank_lines
        ):
            expected = text.line_count
        inner = 0
        if text.has_enclosure and path is not None:
            query = f"SELECT coalesce(sum({csv_reader.INNER}), 0) FROM read_parquet({literal(str(path))})"
            inner = int(self.connection.execute(query).fetchall()[0][0])
        is_all = expected is None or count == expected
        return is_all and text.delimiter_count - inner == count * (len(self.plan.columns) - 1)

    def _exactly(self) -> FileOutcome:
        outcome = self._read_exactly(writes=True)
        if self.on_error.skips(outcome.errors, outcome.parsed):
            shutil.rmtree(self.folder)
            outcome.loaded, outcome.rows = 0, []
        return outcome

    def _read_exactly(self, writes: bool) -> FileOutcome:
        return ExactLoad(
            self.connection,
            self.plan,
            self.staged,
            self.folder,
            self.cancelled,
            self.on_bytes,
            self._fault,
            writes,
        ).run()

    def _fault(self, fault: Fault) -> None:
        if self.on_error.aborts:
            raise fault.raised(self.staged.path)


def _count_of(connection: duckdb.DuckDBPyConnection, statement: str) -> int | None:
    """How many rows a statement has made; None when it failed."""
    try:
        return int(connection.execute(statement).fetchall()[0][0])
    except duckdb.InterruptException:
        raise canceled() from None
    except duckdb.Error:
        return None
