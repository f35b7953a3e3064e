"""What a COPY says of each file, and what the load history keeps of it.

https://docs.snowflake.com/en/sql-reference/sql/copy-into-table#output
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fakesnow.statement_type import COPY

from local.warehouse.loading.copy_statement import CopyStatement
from local.warehouse.loading.exact_load import FileOutcome
from local.warehouse.loading.load_history import LoadedFile
from local.warehouse.loading.on_error import OnError
from local.warehouse.results import Result, table_result
from local.warehouse.stages.stage_location import StageLocation
from local.warehouse.stages.stages import StagedFile

_COLUMNS = {
    "file": "VARCHAR",
    "status": "VARCHAR",
    "rows_parsed": "BIGINT",
    "rows_loaded": "BIGINT",
    "error_limit": "BIGINT",
    "errors_seen": "BIGINT",
    "first_error": "VARCHAR",
    "first_error_line": "BIGINT",
    "first_error_character": "BIGINT",
    "first_error_column_name": "VARCHAR",
}


@dataclass(frozen=True)
class FileResult:
    """A file with what came of it; `name` as COPY shows it. Without an outcome it was not read."""

    name: str
    staged: StagedFile | None
    outcome: FileOutcome | None = None
    refusal: str | None = None

    def status(self, on_error: OnError) -> str:
        """LOADED, PARTIALLY_LOADED, LOAD_FAILED or LOAD_SKIPPED."""
        if self.outcome is None:
            return "LOAD_FAILED" if self.staged is None else "LOAD_SKIPPED"
        return outcome_status(on_error, self.outcome)

    def row(self, on_error: OnError) -> list[Any]:
        """The row that COPY answers."""
        status, outcome = self.status(on_error), self.outcome
        if outcome is None:
            return [self.name, status, 0, 0, None, 1, self.refusal, None, None, None]
        limit, fault = on_error.limit(outcome.parsed), outcome.first
        counts = [self.name, status, outcome.parsed, outcome.loaded, limit, outcome.errors]
        if fault is None:
            return [*counts, None, None, None, None]
        return [*counts, fault.error.message, fault.line, fault.character, fault.column]


def outcome_status(on_error: OnError, outcome: FileOutcome) -> str:
    """What became of a file that was read: a file without records is LOADED too."""
    is_skipped = on_error.skips(outcome.errors, outcome.parsed)
    if is_skipped or (outcome.errors and not outcome.loaded):
        return "LOAD_FAILED"
    return "PARTIALLY_LOADED" if outcome.errors else "LOADED"


def copy_result(statement: CopyStatement, results: Sequence[FileResult]) -> Result:
    """The answer of a COPY."""
    on_error = statement.on_error
    if not results:
        return table_result({"status": "VARCHAR"}, [["Copy executed with 0 files processed."]], COPY)
    shown = [
        result
        for result in results
        if not statement.returns_failed_only or result.status(on_error) in ("LOAD_FAILED", "PARTIALLY_LOADED")
    ]
    return table_result(_COLUMNS, [result.row(on_error) for result in shown], COPY)


def history_row(
    on_error: OnError,
    location: StageLocation,
    staged: StagedFile,
    outcome: FileOutcome,
    now: datetime.datetime,
) -> LoadedFile:
    """What the history keeps of a file that was read."""
    fault = outcome.first
    return LoadedFile(
        location.full_name,
        staged.path,
        staged.md5,
        staged.size,
        now,
        outcome_status(on_error, outcome),
        outcome.parsed,
        outcome.loaded,
        outcome.errors,
        on_error.limit(outcome.parsed),
        fault.error.message if fault else None,
        fault.line if fault else None,
        fault.character if fault else None,
        fault.column if fault else None,
    )
