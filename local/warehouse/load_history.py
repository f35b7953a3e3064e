"""Which file contents each table has loaded: what COPY skips unless FORCE=TRUE.

It lies in the table's own database and is written in the transaction of the COPY. Cleared when the table is
dropped, replaced or truncated; kept by DELETE; a clone starts without it.
https://docs.snowflake.com/en/user-guide/data-load-considerations-load#load-metadata
"""

from __future__ import annotations

import duckdb

from local.warehouse.stage_location import StageLocation
from local.warehouse.stages import StagedFile
from local.warehouse.table_locks import TableName

_NAME = "_fs_information_schema._local_warehouse_load_history"


def _table(database: str) -> str:
    quoted = database.replace('"', '""')
    return f'"{quoted}".{_NAME}'


def prepare(connection: duckdb.DuckDBPyConnection, database: str) -> None:
    """Make the history of a database if it is not there; before a transaction is started."""
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {_table(database)} (schema_name VARCHAR, table_name VARCHAR, stage VARCHAR, "
        "path VARCHAR, md5 VARCHAR, row_count BIGINT, loaded_at TIMESTAMPTZ)"
    )


def is_loaded(
    connection: duckdb.DuckDBPyConnection, table: TableName, location: StageLocation, staged: StagedFile
) -> bool:
    """Whether this content was loaded from this path into the table."""
    query = (
        f"SELECT count(*) FROM {_table(table[0])} WHERE schema_name = ? AND table_name = ? AND stage = ? "
        "AND path = ? AND md5 = ?"
    )
    row = connection.execute(query, [*table[1:], location.full_name, staged.path, staged.md5]).fetchone()
    return bool(row and row[0])


def record(
    connection: duckdb.DuckDBPyConnection,
    table: TableName,
    location: StageLocation,
    staged: StagedFile,
    row_count: int,
) -> None:
    """Remember a loaded file, in the transaction that is open."""
    values = [*table[1:], location.full_name, staged.path, staged.md5, row_count]
    connection.execute(f"INSERT INTO {_table(table[0])} VALUES (?, ?, ?, ?, ?, ?, now())", values)


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
