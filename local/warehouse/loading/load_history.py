"""What each table has loaded: the reason why COPY skips a file unless FORCE=TRUE, and what COPY_HISTORY shows.

It lies in the table's own database and is written in the transaction of the COPY. Cleared when the table is
dropped, replaced or truncated; kept by DELETE; a clone starts without it.
https://docs.snowflake.com/en/user-guide/data-load-considerations-load#load-metadata
"""

from __future__ import annotations

import dataclasses
import datetime
import threading
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum

import duckdb

from local.warehouse.stages.stage_location import StageLocation
from local.warehouse.stages.stages import StagedFile
from local.warehouse.transactions.table_locks import TableName

REMEMBERED = datetime.timedelta(days=64)
_preparing = threading.Lock()
_NAME = "_fs_information_schema._local_warehouse_loads"
_LOADED = "status IN ('LOADED', 'PARTIALLY_LOADED')"


@dataclass(frozen=True)
class LoadedFile:
    """One row of the history: a file that a COPY has dealt with, loaded or not."""

    stage: str
    path: str
    md5: str
    size: int
    loaded_at: datetime.datetime
    status: str
    rows_parsed: int
    rows_loaded: int
    error_count: int
    error_limit: int
    first_error: str | None = None
    first_error_line: int | None = None
    first_error_character: int | None = None
    first_error_column: str | None = None


class LoadStatus(Enum):
    """What the history says of a file that is there to be loaded."""

    NEW = "new"
    LOADED = "loaded"
    UNCERTAIN = "uncertain"


_COLUMNS = {
    "size": "BIGINT",
    "loaded_at": "TIMESTAMPTZ",
    "rows_parsed": "BIGINT",
    "rows_loaded": "BIGINT",
    "error_count": "BIGINT",
    "error_limit": "BIGINT",
    "first_error_line": "BIGINT",
    "first_error_character": "BIGINT",
}
_FIELDS = tuple(field.name for field in dataclasses.fields(LoadedFile))


def _table(database: str) -> str:
    quoted = database.replace('"', '""')
    return f'"{quoted}".{_NAME}'


def prepare(connection: duckdb.DuckDBPyConnection, database: str) -> None:
    """Make the history of a database if it is not there; before a transaction is started."""
    with _preparing:
        if not _is_there(connection, database):
            _create(connection, database)


def _create(connection: duckdb.DuckDBPyConnection, database: str) -> None:
    columns = ", ".join(f"{name} {_COLUMNS.get(name, 'VARCHAR')}" for name in _FIELDS)
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {_table(database)} (schema_name VARCHAR, table_name VARCHAR, {columns})"
    )


def status_of(
    connection: duckdb.DuckDBPyConnection,
    table: TableName,
    location: StageLocation,
    staged: StagedFile,
    now: datetime.datetime,
) -> LoadStatus:
    """Whether this content was loaded from this path within 64 days.

    UNCERTAIN: the file was last changed, and the table first loaded, longer ago than the history reaches.
    """
    since = now - REMEMBERED
    query = (
        f"SELECT bool_or(stage = ? AND path = ? AND md5 = ? AND loaded_at > ?), min(loaded_at) "
        f"FROM {_table(table[0])} WHERE schema_name = ? AND table_name = ? AND {_LOADED}"
    )
    values = [location.full_name, staged.path, staged.md5, since, *table[1:]]
    is_loaded, first = connection.execute(query, values).fetchall()[0]
    if is_loaded:
        return LoadStatus.LOADED
    is_old_file = parsedate_to_datetime(staged.last_modified) < since
    if is_old_file and first is not None and first < since:
        return LoadStatus.UNCERTAIN
    return LoadStatus.NEW


def record(connection: duckdb.DuckDBPyConnection, table: TableName, loaded: LoadedFile) -> None:
    """Remember a file, in the transaction that is open."""
    marks = ", ".join("?" * (len(_FIELDS) + 2))
    values = [*table[1:], *dataclasses.astuple(loaded)]
    connection.execute(f"INSERT INTO {_table(table[0])} VALUES ({marks})", values)


def loads_of(
    connection: duckdb.DuckDBPyConnection,
    table: TableName,
    start: datetime.datetime,
    end: datetime.datetime,
) -> list[LoadedFile]:
    """What happened to a table's files between two moments, oldest first."""
    if not _is_there(connection, table[0]):
        return []
    query = (
        f"SELECT {', '.join(_FIELDS)} FROM {_table(table[0])} WHERE schema_name = ? AND table_name = ? "
        "AND loaded_at BETWEEN ? AND ? ORDER BY loaded_at, path"
    )
    rows = connection.execute(query, [*table[1:], start, end]).fetchall()
    return [LoadedFile(*row) for row in rows]


def forget(connection: duckdb.DuckDBPyConnection, table: TableName) -> None:
    """Clear a table's history."""
    if _is_there(connection, table[0]):
        query = f"DELETE FROM {_table(table[0])} WHERE schema_name = ? AND table_name = ?"
        connection.execute(query, list(table[1:]))


def rename(connection: duckdb.DuckDBPyConnection, table: TableName, new: TableName) -> None:
    """A renamed table keeps its history, as long as it stays in its database."""
    if _is_there(connection, table[0]) and table[0] == new[0]:
        changes = "schema_name = ?, table_name = ?"
        query = f"UPDATE {_table(table[0])} SET {changes} WHERE schema_name = ? AND table_name = ?"
        connection.execute(query, [*new[1:], *table[1:]])


def _is_there(connection: duckdb.DuckDBPyConnection, database: str) -> bool:
    query = "SELECT count(*) FROM duckdb_tables() WHERE database_name = ? AND table_name = ?"
    row = connection.execute(query, [database, _NAME.partition(".")[2]]).fetchone()
    return bool(row and row[0])
