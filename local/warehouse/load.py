"""COPY INTO, carried out: all files of the statement or nothing.

https://docs.snowflake.com/en/sql-reference/sql/copy-into-table
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from fakesnow.statement_type import COPY

from local.warehouse import csv_reader, load_history
from local.warehouse.copy_statement import CopyStatement
from local.warehouse.csv_columns import TargetColumn, target_columns
from local.warehouse.errors import SqlError, as_sql_error, canceled, does_not_exist
from local.warehouse.load_faults import BadValue, FaultyFile, explain
from local.warehouse.results import Result, table_result
from local.warehouse.sessions import Session
from local.warehouse.stage_location import StageLocation, checked_path
from local.warehouse.stage_statements import StageStatements
from local.warehouse.staged_text import StagedText, unpack
from local.warehouse.stages import StagedFile, StageFiles
from local.warehouse.table_locks import TableName

_RESULT_COLUMNS = {
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
class Load:
    """One COPY under way."""

    session: Session
    statement: CopyStatement
    table: TableName
    columns: list[TargetColumn]
    location: StageLocation
    cancelled: threading.Event


class Loader:
    """Runs COPY statements; `scratch` holds the text of the file being loaded and of the next one."""

    def __init__(self, stages: StageStatements, files: StageFiles, scratch: Path) -> None:
        self._stages = stages
        self._files = files
        self._scratch = scratch
        self.on_bytes: Callable[[Session, int], None] = _ignored
        shutil.rmtree(scratch, ignore_errors=True)

    def load(self, session: Session, statement: CopyStatement, cancelled: threading.Event) -> Result:
        """Load all files; raises SqlError at the first fault, and then nothing of the statement is kept."""
        table = session.qualify(statement.table)
        columns = target_columns(session.duck, table)
        if not columns:
            raise does_not_exist("Table", ".".join(table))
        location = self._stages.existing(session, statement.location)
        found = self._found_files(statement, location)
        load = Load(session, statement, table, columns, location, cancelled)
        with _transaction(session, table[0]):
            rows = [self._result_row(load, staged, text) for staged, text in self._unpacked(load, found)]
        if not rows:
            return table_result({"status": "VARCHAR"}, [["Copy executed with 0 files processed."]], COPY)
        return table_result(_RESULT_COLUMNS, rows, COPY)

    def _found_files(self, statement: CopyStatement, location: StageLocation) -> list[StagedFile]:
        if statement.files is None:
            return self._files.files(location.stage, location.path)
        found = []
        for name in dict.fromkeys(statement.files):
            path = checked_path(f"{location.path.rstrip('/')}/{name}".lstrip("/"))
            staged = self._files.find(location.stage, path)
            if staged is None:
                raise _missing(path)
            found.append(staged)
        return found

    def _unpacked(
        self, load: Load, found: list[StagedFile]
    ) -> Iterator[tuple[StagedFile, StagedText | None]]:
        """Each file with its text, None for one loaded before; the next is unpacked while one is loaded."""
        folder = self._scratch / secrets.token_hex(8)
        folder.mkdir(parents=True)
        wanted = [(staged, self._is_wanted(load, staged)) for staged in found]
        try:
            with ThreadPoolExecutor(max_workers=1) as unpacking:
                coming = _start(unpacking, load, folder, wanted, 0)
                for number, (staged, _) in enumerate(wanted):
                    text = coming.result() if coming else None
                    coming = _start(unpacking, load, folder, wanted, number + 1)
                    yield staged, text
                    if text is not None:
                        text.path.unlink()
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _is_wanted(self, load: Load, staged: StagedFile) -> bool:
        if load.statement.is_forced:
            return True
        return not load_history.is_loaded(load.session.duck, load.table, load.location, staged)

    def _result_row(self, load: Load, staged: StagedFile, text: StagedText | None) -> list[Any]:
        name = load.location.shown(staged.path)
        if text is None:
            return [name, "LOAD_SKIPPED", 0, 0, 1, 1, "File was loaded before.", None, None, None]
        count = _insert(load, staged, text)
        self.on_bytes(load.session, staged.size)
        load_history.record(load.session.duck, load.table, load.location, staged, count)
        return [name, "LOADED", count, count, 1, 0, None, None, None, None]


def _start(
    unpacking: ThreadPoolExecutor,
    load: Load,
    folder: Path,
    wanted: list[tuple[StagedFile, bool]],
    number: int,
) -> Future[StagedText] | None:
    if number >= len(wanted) or not wanted[number][1]:
        return None
    staged = wanted[number][0]
    return unpacking.submit(
        unpack, staged, load.statement.file_format, folder / f"{number}.txt", load.cancelled
    )


def _ignored(_session: Session, _byte_count: int) -> None:
    """What is done with the bytes of a file when nobody has asked for a pace."""


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


def _insert(load: Load, staged: StagedFile, text: StagedText) -> int:
    """Load one file; gives its number of records."""
    if load.cancelled.is_set():
        raise canceled()
    file_format = load.statement.file_format
    expected = text.records(file_format)
    if text.blank_line_count and not file_format.skip_blank_lines and len(load.columns) > 1:
        raise _explained(load, staged, text, None)
    try:
        sql = csv_reader.insert_sql(load.table, load.columns, file_format, text.path)
        row = load.session.duck.execute(sql).fetchone() if text.byte_count else (0,)
    except duckdb.InterruptException:
        raise canceled() from None
    except duckdb.Error as error:
        raise _explained(load, staged, text, error) from None
    count = int(row[0]) if row else 0
    if expected is not None and count != expected and (len(load.columns) > 1 or file_format.skip_blank_lines):
        raise _explained(load, staged, text, None)
    return count


def _explained(load: Load, staged: StagedFile, text: StagedText, error: duckdb.Error | None) -> SqlError:
    file_format = load.statement.file_format
    file = FaultyFile(staged.path, text.path, file_format, load.table[2], load.columns)
    found = explain(file, _first_bad_value(load, text))
    if found is not None:
        return found
    detail = as_sql_error(error).message if error else "records were lost while reading it"
    return SqlError(100016, "22000", f"Error parsing the file '{staged.path}': {detail}")


def _first_bad_value(load: Load, text: StagedText) -> BadValue | None:
    """Looked for outside the transaction, which the failure may have ended."""
    sql = csv_reader.bad_value_sql(load.columns, load.statement.file_format, text.path)
    with load.session.duck.cursor() as connection:
        row = connection.execute(sql).fetchone()
    return BadValue(row[0], load.columns[row[1] - 1], row[2]) if row else None


def _missing(path: str) -> SqlError:
    message = (
        f"Remote file '{path}' was not found. If you are running a copy command, please make sure files are "
    )
    return SqlError(
        100064,
        "22000",
        message + "not deleted when they are being loaded or files are not being loaded into "
        "two different tables concurrently with auto purge option.",
    )
