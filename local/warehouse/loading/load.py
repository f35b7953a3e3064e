"""COPY INTO, carried out: all files of the statement or nothing.

A COPY that is a transaction of its own and aborts on errors puts good files straight into the table. Otherwise,
and once a file is in doubt, the rows of each file are first made beside the session's transaction, as Parquet in a
scratch folder; when no file has failed the statement they are put into the table, at once. So a failed COPY leaves
an open transaction as it was. Disk: the text of two files and, the second way, the packed rows of all.
https://docs.snowflake.com/en/sql-reference/sql/copy-into-table
"""

from __future__ import annotations

import contextlib
import datetime
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from local.warehouse.clock import Clock
from local.warehouse.errors import canceled
from local.warehouse.loading import load_history
from local.warehouse.loading.copy_files import FileSearch
from local.warehouse.loading.copy_jobs import CopyJob, CopyJobs
from local.warehouse.loading.copy_plan import row_plan
from local.warehouse.loading.copy_reading import Reading
from local.warehouse.loading.copy_results import FileResult, copy_result, history_row
from local.warehouse.loading.copy_statement import CopyStatement
from local.warehouse.loading.csv_columns import literal, quoted
from local.warehouse.loading.exact_load import RowPlan
from local.warehouse.loading.file_load import DirectInsert, DoubtError
from local.warehouse.results import Result
from local.warehouse.sessions.sessions import Session
from local.warehouse.stages.stage_location import StageLocation
from local.warehouse.stages.stage_statements import StageStatements
from local.warehouse.stages.stages import StageFiles
from local.warehouse.transactions.table_locks import TableName

_PATHS_AT_ONCE = 1000
OnBytes = Callable[[Session, int], None]


@dataclass(frozen=True)
class Load:
    """One COPY under way."""

    query_id: str
    session: Session
    statement: CopyStatement
    table: TableName
    plan: RowPlan
    location: StageLocation
    cancelled: threading.Event
    now: datetime.datetime

    @property
    def insertion(self) -> str:
        """The beginning of an INSERT into the table's columns."""
        columns = ", ".join('"' + column.name.replace('"', '""') + '"' for column in self.plan.columns)
        return f"INSERT INTO {quoted(self.table)} ({columns})"


class Loader:
    """Runs COPY statements; `scratch` holds what a COPY needs while it runs.

    `on_bytes` hears how many bytes of text a session's COPY has unpacked, piece by piece, and may take its time.
    """

    def __init__(self, stages: StageStatements, files: StageFiles, scratch: Path, clock: Clock) -> None:
        self._stages = stages
        self._files = files
        self._scratch = scratch
        self._clock = clock
        self.jobs = CopyJobs()
        self.on_bytes: OnBytes = _no_pace
        shutil.rmtree(scratch, ignore_errors=True)

    def load(
        self, session: Session, statement: CopyStatement, query_id: str, cancelled: threading.Event
    ) -> Result:
        """Load all files; raises SqlError when the statement fails, and then nothing of it is kept."""
        table = session.qualify(statement.table)
        now = self._clock.now()
        plan = row_plan(session, table, statement, now)
        location = self._stages.existing(session, statement.location)
        load = Load(query_id, session, statement, table, plan, location, cancelled, now)
        try:
            results = self._attempt(load, is_direct=statement.on_error.aborts)
        except DoubtError:
            results = self._attempt(load, is_direct=False)
        self._remember_job(load, results)
        if statement.is_purging:
            self._purge(location, results)
        return copy_result(statement, results)

    def _attempt(self, load: Load, is_direct: bool) -> list[FileResult]:
        """Carry out the statement. `is_direct`: a file that is good goes straight into the table.

        Raises DoubtError, with nothing kept, when that has to be done without.
        """
        folder = self._scratch / secrets.token_hex(8)
        folder.mkdir(parents=True)
        try:
            with _transaction(load.session, load.table[0]) as is_own:
                direct = DirectInsert(load.session.duck, load.insertion) if is_direct and is_own else None
                results = self._reading(load, folder, direct).results(load.session.duck)
                _insert(load, results)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return results

    def _reading(self, load: Load, folder: Path, direct: DirectInsert | None) -> Reading:
        search = FileSearch(
            load.session.duck, self._files, load.statement, load.table, load.location, load.now
        )
        return Reading(
            load.plan,
            load.statement.on_error,
            load.location,
            search.candidates(),
            folder,
            load.cancelled,
            lambda size: self.on_bytes(load.session, size),
            direct,
        )

    def _purge(self, location: StageLocation, results: list[FileResult]) -> None:
        """Remove what was loaded whole; that a file cannot be removed is no error."""
        loaded = [result.staged for result in results if result.outcome and not result.outcome.errors]
        for staged in loaded:
            with contextlib.suppress(OSError):
                self._files.delete(location.stage, [staged] if staged else [])

    def _remember_job(self, load: Load, results: list[FileResult]) -> None:
        read = tuple(result.staged for result in results if result.outcome and result.staged)
        self.jobs.add(
            CopyJob(
                load.query_id,
                load.session.id,
                load.session.user,
                load.table,
                load.statement,
                load.plan,
                load.location,
                read,
            )
        )


def _insert(load: Load, results: list[FileResult]) -> None:
    """Put the rows that were made into the table and write the history, in the transaction that is open."""
    if load.cancelled.is_set():
        raise canceled()
    paths = [path for result in results if result.outcome for path in result.outcome.rows]
    values = ", ".join(f"CAST(v{column.position} AS {column.kind})" for column in load.plan.columns)
    for start in range(0, len(paths), _PATHS_AT_ONCE):
        files = ", ".join(literal(str(path)) for path in paths[start : start + _PATHS_AT_ONCE])
        load.session.duck.execute(f"{load.insertion} SELECT {values} FROM read_parquet([{files}])")
    for result in results:
        if result.staged is not None and result.outcome is not None:
            row = history_row(load.statement.on_error, load.location, result.staged, result.outcome, load.now)
            load_history.record(load.session.duck, load.table, row)
    inserted = sum(result.outcome.loaded for result in results if result.outcome is not None)
    load.session.change_log.added(load.table, inserted, load.query_id)


@contextlib.contextmanager
def _transaction(session: Session, database: str) -> Iterator[bool]:
    """The session's transaction if it has one, else one of the statement's own; tells whether it is that."""
    if not session.parameters.is_true("AUTOCOMMIT"):
        session.transaction.open()
    session.transaction.check_usable()
    load_history.prepare(session.duck, database)
    if session.transaction.is_open:
        session.transaction.before_write()
        yield False
        return
    session.duck.begin()
    try:
        yield True
        session.duck.commit()
    except BaseException:
        with contextlib.suppress(duckdb.TransactionException):
            session.duck.rollback()
        raise


def _no_pace(_session: Session, _byte_count: int) -> None:
    """Nobody wants to know."""
