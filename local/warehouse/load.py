"""COPY INTO, carried out: all files of the statement or nothing.

The rows of each file are first made outside the session's transaction, as Parquet in a scratch folder; only when
no file has failed the statement are they put into the table, at once. So a failed COPY leaves an open transaction
as it was. Disk: the text of two files and the packed rows of all.
https://docs.snowflake.com/en/sql-reference/sql/copy-into-table
"""

from __future__ import annotations

import contextlib
import datetime
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import duckdb

from local.warehouse import load_history
from local.warehouse.clock import Clock
from local.warehouse.copy_files import Candidate, found_files
from local.warehouse.copy_jobs import CopyJob, CopyJobs
from local.warehouse.copy_plan import row_plan
from local.warehouse.copy_results import FileResult, copy_result, history_row
from local.warehouse.copy_statement import CopyStatement
from local.warehouse.csv_columns import literal, quoted
from local.warehouse.errors import SqlError, canceled
from local.warehouse.exact_load import FileOutcome, RowPlan
from local.warehouse.file_load import FileLoad
from local.warehouse.results import Result
from local.warehouse.sessions import Session
from local.warehouse.stage_location import StageLocation
from local.warehouse.stage_statements import StageStatements
from local.warehouse.staged_text import StagedText, unpack
from local.warehouse.stages import StagedFile, StageFiles
from local.warehouse.table_locks import TableName

_LOOK_SECONDS = 0.1
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
    folder: Path


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
        folder = self._scratch / secrets.token_hex(8)
        load = Load(query_id, session, statement, table, plan, location, cancelled, now, folder)
        folder.mkdir(parents=True)
        try:
            with _transaction(session, table[0]):
                candidates = found_files(load.session.duck, self._files, statement, table, location, now)
                results = self._results(load, candidates)
                _insert(load, results)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        self._remember_job(load, results)
        if statement.is_purging:
            _purge(results)
        return copy_result(statement, results)

    def _results(self, load: Load, candidates: list[Candidate]) -> list[FileResult]:
        """Make the rows of each file; the next file is unpacked while one is read."""
        with (
            ThreadPoolExecutor(max_workers=1) as unpacking,
            _interruptible(load.session.duck, load.cancelled) as connection,
        ):
            try:
                return list(self._each(load, candidates, unpacking, connection))
            except BaseException:
                unpacking.shutdown(wait=False, cancel_futures=True)
                raise

    def _each(
        self,
        load: Load,
        candidates: list[Candidate],
        unpacking: ThreadPoolExecutor,
        connection: duckdb.DuckDBPyConnection,
    ) -> Iterator[FileResult]:
        coming = self._start(unpacking, load, candidates, 0)
        for number, candidate in enumerate(candidates):
            text = coming.result() if coming else None
            coming = self._start(unpacking, load, candidates, number + 1)
            yield self._file_result(load, candidate, number, text, connection)
            if isinstance(text, StagedText):
                text.path.unlink()

    def _start(
        self, unpacking: ThreadPoolExecutor, load: Load, candidates: list[Candidate], number: int
    ) -> Future[StagedText | SqlError] | None:
        """Unpack a file that DuckDB may read."""
        staged = candidates[number].staged if number < len(candidates) else None
        if staged is None or not candidates[number].is_wanted:
            return None
        if load.plan.select is not None or not load.plan.counts_columns:
            return None
        if not load.plan.file_format.is_read_by_duckdb:
            return None
        return unpacking.submit(self._unpack, load, staged, load.folder / f"{number}.txt")

    def _unpack(self, load: Load, staged: StagedFile, to: Path) -> StagedText | SqlError:
        try:
            return unpack(staged, load.plan.file_format, to, load.cancelled, self._pace(load.session))
        except SqlError as error:
            return error

    def _pace(self, session: Session) -> Callable[[int], None]:
        return lambda size: self.on_bytes(session, size)

    def _file_result(
        self,
        load: Load,
        candidate: Candidate,
        number: int,
        text: StagedText | SqlError | None,
        connection: duckdb.DuckDBPyConnection,
    ) -> FileResult:
        name = load.location.shown(candidate.path)
        if candidate.refusal is not None or candidate.staged is None:
            return FileResult(name, candidate.staged, refusal=candidate.refusal)
        # What was unpacked by DuckDB's way has been counted for the pace; reading it again is not.
        on_bytes = self._pace(load.session) if text is None else _no_bytes
        work = FileLoad(
            connection,
            load.plan,
            load.statement.on_error,
            candidate.staged,
            load.folder / f"{number}.rows",
            load.cancelled,
            on_bytes,
        )
        outcome: FileOutcome = work.run(text)
        return FileResult(name, candidate.staged, outcome)

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
    """Put the rows of all files into the table and write the history, in the transaction that is open."""
    if load.cancelled.is_set():
        raise canceled()
    paths = [path for result in results if result.outcome for path in result.outcome.rows]
    for start in range(0, len(paths), 1000):
        files = ", ".join(literal(str(path)) for path in paths[start : start + 1000])
        columns = ", ".join('"' + column.name.replace('"', '""') + '"' for column in load.plan.columns)
        values = ", ".join(f"CAST(v{column.position} AS {column.kind})" for column in load.plan.columns)
        load.session.duck.execute(
            f"INSERT INTO {quoted(load.table)} ({columns}) SELECT {values} FROM read_parquet([{files}])"
        )
    for result in results:
        if result.staged is not None and result.outcome is not None:
            row = history_row(load.statement.on_error, load.location, result.staged, result.outcome, load.now)
            load_history.record(load.session.duck, load.table, row)


def _purge(results: list[FileResult]) -> None:
    """Remove what was loaded whole; that a file cannot be removed is no error."""
    for result in results:
        if result.staged is not None and result.outcome is not None and not result.outcome.errors:
            with contextlib.suppress(OSError):
                result.staged.file.unlink()


@contextlib.contextmanager
def _transaction(session: Session, database: str) -> Iterator[None]:
    """The session's transaction if it has one, else one of the statement's own."""
    if not session.parameters.is_true("AUTOCOMMIT"):
        session.transaction.open()
    session.transaction.check_usable()
    load_history.prepare(session.duck, database)
    if session.transaction.is_open:
        session.transaction.before_write()
        yield
        return
    session.duck.begin()
    try:
        yield
        session.duck.commit()
    except BaseException:
        with contextlib.suppress(duckdb.TransactionException):
            session.duck.rollback()
        raise


@contextlib.contextmanager
def _interruptible(
    connection: duckdb.DuckDBPyConnection, cancelled: threading.Event
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection beside the session's whose statement is interrupted when the query is cancelled."""
    is_over = threading.Event()
    with connection.cursor() as beside:

        def watch() -> None:
            while not is_over.is_set():
                if cancelled.wait(_LOOK_SECONDS) and not is_over.is_set():
                    beside.interrupt()
                    is_over.wait(_LOOK_SECONDS)

        watcher = threading.Thread(target=watch, name="copy-cancel", daemon=True)
        watcher.start()
        try:
            yield beside
        finally:
            is_over.set()
            watcher.join()


def _no_pace(_session: Session, _byte_count: int) -> None:
    """Nobody wants to know."""


def _no_bytes(_byte_count: int) -> None:
    """Nobody wants to know."""
