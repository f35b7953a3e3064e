"""VALIDATE: all errors of a past COPY, found by reading its files again.

https://docs.snowflake.com/en/sql-reference/functions/validate
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow.lib as pa
from sqlglot import exp

from local.warehouse.errors import SqlError, does_not_exist
from local.warehouse.loading.copy_files import missing
from local.warehouse.loading.copy_jobs import CopyJob, CopyJobs
from local.warehouse.loading.csv_columns import target_columns
from local.warehouse.loading.exact_load import ExactLoad
from local.warehouse.loading.load_faults import Fault, file_fault
from local.warehouse.stages.stages import StagedFile
from local.warehouse.statements.table_functions import Call
from local.warehouse.tables.column_limits import identifier_name

ERRORS_SHOWN = 100_000
_TYPES = {
    "ERROR": pa.string(),
    "FILE": pa.string(),
    "LINE": pa.int64(),
    "CHARACTER": pa.int64(),
    "BYTE_OFFSET": pa.int64(),
    "CATEGORY": pa.string(),
    "CODE": pa.int64(),
    "SQL_STATE": pa.string(),
    "COLUMN_NAME": pa.string(),
    "ROW_NUMBER": pa.int64(),
    "ROW_START_LINE": pa.int64(),
    "REJECTED_RECORD": pa.string(),
}


class _EnoughError(Exception):
    """As many errors as are shown."""


class Validation:
    """Answers VALIDATE(table, JOB_ID => '<query id>' | _last)."""

    def __init__(self, jobs: CopyJobs, scratch: Path) -> None:
        self._jobs = jobs
        self._scratch = scratch

    def answer(self, call: Call) -> pa.Table:
        """At most 100,000 errors, in the order of the files. Nothing for a COPY that aborts on errors.

        Raises SqlError for a COPY that is not known or another user's, that went into another table, or that
        transforms what it loads.
        """
        job = self._job(call)
        if job is None or job.statement.on_error.aborts:
            return _table([])
        return _table(self._errors(call, job))

    def _job(self, call: Call) -> CopyJob | None:
        if len(call.positional) != 1 or set(call.named) != {"JOB_ID"}:
            raise call.unexpected(", ".join(sorted(set(call.named) - {"JOB_ID"})) or "table")
        column = call.positional[0]
        parts = column.parts if isinstance(column, exp.Column) else column.find_all(exp.Identifier)
        table = call.session.qualify(tuple(identifier_name(part) for part in parts))
        if not target_columns(call.session.duck, table):
            raise does_not_exist("Table", ".".join(table))
        wanted = call.named["JOB_ID"]
        text = wanted.name if isinstance(wanted, (exp.Column, exp.Literal)) else str(call.value(wanted))
        if text.lower() == "_last":
            job = self._jobs.last_of(call.session.id)
            is_fit = job is not None
        else:
            job = self._jobs.get(text)
            is_fit = job is not None and job.table == table and job.user == call.session.user
        if not is_fit or job is None:
            raise SqlError(709, "02000", f"Statement {text} not found")
        if job.statement.selection is not None:
            message = "VALIDATE does not support COPY statements that transform data during the load."
            raise SqlError(2, "0A000", f"SQL compilation error:\n{message}")
        return job

    def _errors(self, call: Call, job: CopyJob) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        folder = self._scratch / secrets.token_hex(8)
        with call.session.duck.cursor() as connection:
            for staged in job.files:

                def note(fault: Fault, staged: StagedFile = staged) -> None:
                    found.append(_row(fault, staged))
                    if len(found) >= ERRORS_SHOWN:
                        raise _EnoughError

                if not staged.file.is_file():
                    note(file_fault(missing(job.location, staged.path)))
                    continue
                work = ExactLoad(
                    connection, job.plan, staged, folder, threading.Event(), _nothing, note, writes=False
                )
                try:
                    work.run()
                except _EnoughError:
                    break
        return found


def _row(fault: Fault, staged: StagedFile) -> dict[str, Any]:
    return {
        "ERROR": fault.error.message,
        "FILE": staged.path,
        "LINE": fault.line,
        "CHARACTER": fault.character,
        "BYTE_OFFSET": fault.byte_offset,
        "CATEGORY": fault.category,
        "CODE": fault.error.code,
        "SQL_STATE": fault.error.sqlstate,
        "COLUMN_NAME": fault.column,
        "ROW_NUMBER": fault.row,
        "ROW_START_LINE": fault.record_line,
        "REJECTED_RECORD": fault.rejected,
    }


def _table(rows: Iterable[dict[str, Any]]) -> pa.Table:
    listed = list(rows)
    return pa.table({name: pa.array([row[name] for row in listed], kind) for name, kind in _TYPES.items()})


def _nothing(_byte_count: int) -> None:
    """VALIDATE has no pace."""
