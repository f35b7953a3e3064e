"""One file of a COPY: by DuckDB's reader where it reads exactly and all is good, else record by record."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from local.warehouse import csv_reader
from local.warehouse.csv_columns import literal
from local.warehouse.errors import SqlError, canceled
from local.warehouse.exact_load import ExactLoad, FileOutcome, RowPlan
from local.warehouse.load_faults import Fault, file_fault
from local.warehouse.on_error import OnError
from local.warehouse.staged_text import StagedText
from local.warehouse.stages import StagedFile


@dataclass(frozen=True)
class FileLoad:
    """Makes the rows of one file, as Parquet in a folder of its own, on a connection of its own."""

    connection: duckdb.DuckDBPyConnection
    plan: RowPlan
    on_error: OnError
    staged: StagedFile
    folder: Path
    cancelled: threading.Event
    on_bytes: Callable[[int], None]

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
        path = self.folder / "whole.parquet"
        query = csv_reader.values_sql(self.plan.columns, self.plan.file_format, text)
        try:
            rows = self.connection.execute(
                f"COPY ({query}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION uncompressed)"
            ).fetchall()
        except duckdb.InterruptException:
            raise canceled() from None
        except duckdb.Error:
            path.unlink(missing_ok=True)
            return None
        count = int(rows[0][0])
        if not self._is_complete(text, count, path):
            path.unlink(missing_ok=True)
            return None
        return FileOutcome(parsed=count, loaded=count, rows=[path] if count else [])

    def _is_complete(self, text: StagedText, count: int, path: Path) -> bool:
        """DuckDB drops an empty field too many at the end of a record: records and delimiters must add up."""
        expected = text.records
        if (
            expected is not None
            and len(self.plan.columns) == 1
            and not self.plan.file_format.skip_blank_lines
        ):
            expected = text.line_count
        inner = 0
        if text.has_enclosure:
            query = f"SELECT coalesce(sum({csv_reader.INNER}), 0) FROM read_parquet({literal(str(path))})"
            inner = int(self.connection.execute(query).fetchall()[0][0])
        is_all = expected is None or count == expected
        return is_all and text.delimiter_count - inner == count * (len(self.plan.columns) - 1)

    def _exactly(self) -> FileOutcome:
        outcome = ExactLoad(
            self.connection, self.plan, self.staged, self.folder, self.cancelled, self.on_bytes, self._fault
        ).run()
        if self.on_error.skips(outcome.errors, outcome.parsed):
            shutil.rmtree(self.folder)
            outcome.loaded, outcome.rows = 0, []
        return outcome

    def _fault(self, fault: Fault) -> None:
        if self.on_error.aborts:
            raise fault.raised(self.staged.path)
