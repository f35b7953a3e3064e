"""What the layer knows of each table beyond DuckDB: its identity, kind, keys, retention, and when it was dropped.

It lies in the table's own database, so that it changes in the same DuckDB transaction as the table.
"""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from local.warehouse.sql_names import hidden, quoted
from local.warehouse.transactions.table_locks import TableName

ACCOUNT_DAYS = 1
TRANSIENT_DAYS = 1
_TABLES = "_local_warehouse_tables"
_RETENTION = "_local_warehouse_retention"
_ACCOUNT = f"_fs_global._fs_information_schema.{_RETENTION}"
_COLUMNS = (
    "id, schema_name, table_name, kind, own_days, created_at, history_since, dropped_at, storage, definition, "
    "keys"
)


@dataclass(frozen=True)
class Key:
    """A declared PRIMARY KEY or UNIQUE constraint, which nothing enforces."""

    kind: str
    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class TableRecord:
    """A table that exists or that UNDROP can bring back.

    `own_days` is its own DATA_RETENTION_TIME_IN_DAYS, None when inherited; `days` what holds for it. What it was
    before `history_since` is not known. `storage` holds the rows and `definition` the columns of a dropped one.
    """

    id: str
    name: TableName
    kind: str
    own_days: int | None
    days: int
    created_at: datetime.datetime
    history_since: datetime.datetime
    dropped_at: datetime.datetime | None
    storage: str | None
    definition: str | None
    keys: tuple[Key, ...]

    @property
    def is_transient(self) -> bool:
        """Whether it was made by CREATE TRANSIENT TABLE."""
        return self.kind == "TRANSIENT"


def prepare(connection: duckdb.DuckDBPyConnection, database: str) -> None:
    """Make the layer's tables of a database if they are not there."""
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {hidden(database, _TABLES)} (id VARCHAR, schema_name VARCHAR, "
        "table_name VARCHAR, kind VARCHAR, own_days INTEGER, created_at TIMESTAMPTZ, history_since TIMESTAMPTZ, "
        "dropped_at TIMESTAMPTZ, storage VARCHAR, definition VARCHAR, keys VARCHAR)"
    )
    for retention in (hidden(database, _RETENTION), _ACCOUNT):
        connection.execute(f"CREATE TABLE IF NOT EXISTS {retention} (schema_name VARCHAR, days INTEGER)")


def days_sql(database: str) -> str:
    """The retention that holds for a row `t` of the tables, in SQL: its own, else the nearest container's.

    https://docs.snowflake.com/en/user-guide/data-time-travel#specifying-the-data-retention-period-for-an-object
    """
    levels = hidden(database, _RETENTION)
    inherited = (
        f"coalesce(t.own_days, (SELECT days FROM {levels} r WHERE r.schema_name = t.schema_name), "
        f"(SELECT days FROM {levels} r WHERE r.schema_name = ''), (SELECT days FROM {_ACCOUNT}), {ACCOUNT_DAYS})"
    )
    return f"CASE WHEN t.kind = 'TRANSIENT' THEN least({inherited}, {TRANSIENT_DAYS}) ELSE {inherited} END"


def tables_sql(database: str) -> str:
    """The layer's tables of a database, for views over them."""
    return hidden(database, _TABLES)


def find(connection: duckdb.DuckDBPyConnection, table: TableName) -> TableRecord | None:
    """The record of an existing table; None for a view, a temporary table, or none at all."""
    found = _select(
        connection,
        table[0],
        "t.schema_name = ? AND t.table_name = ? AND t.dropped_at IS NULL",
        list(table[1:]),
    )
    return found[0] if found else None


def living(
    connection: duckdb.DuckDBPyConnection, database: str, schema: str | None = None
) -> list[TableRecord]:
    """The existing tables of a database, or of one schema."""
    condition = "t.dropped_at IS NULL" + ("" if schema is None else " AND t.schema_name = ?")
    return _select(connection, database, condition, [] if schema is None else [schema])


def dropped(
    connection: duckdb.DuckDBPyConnection, database: str, schema: str | None = None
) -> list[TableRecord]:
    """The dropped tables of a database or schema that are kept, the newest first."""
    condition = "t.dropped_at IS NOT NULL" + ("" if schema is None else " AND t.schema_name = ?")
    found = _select(connection, database, condition, [] if schema is None else [schema])
    return found[::-1]


def _select(
    connection: duckdb.DuckDBPyConnection, database: str, condition: str, values: list[str]
) -> list[TableRecord]:
    query = (
        f"SELECT {_COLUMNS}, {days_sql(database)} FROM {tables_sql(database)} t "
        f"WHERE kind <> 'SCHEMA' AND {condition} ORDER BY dropped_at, rowid"
    )
    return [_record(database, row) for row in connection.execute(query, values).fetchall()]


def _record(database: str, row: Sequence[object]) -> TableRecord:
    (id_, schema, name, kind, own_days, created_at, since, dropped_at, storage, definition, keys, days) = row
    return TableRecord(
        id=str(id_),
        name=(database, str(schema), str(name)),
        kind=str(kind),
        own_days=own_days if isinstance(own_days, int) else None,
        days=days if isinstance(days, int) else 0,
        created_at=_moment(created_at),
        history_since=_moment(since),
        dropped_at=dropped_at if isinstance(dropped_at, datetime.datetime) else None,
        storage=str(storage) if storage else None,
        definition=str(definition) if definition else None,
        keys=keys_of_json(str(keys)),
    )


def _moment(value: object) -> datetime.datetime:
    if not isinstance(value, datetime.datetime):
        raise TypeError(f"no time: {value!r}")
    return value


def add(
    connection: duckdb.DuckDBPyConnection,
    table: TableName,
    kind: str,
    own_days: int | None,
    now: datetime.datetime,
    keys: Sequence[Key],
) -> str:
    """Record a new table and give its id; what else was recorded as living under that name is forgotten."""
    remove(connection, table)
    table_id = str(uuid.uuid4())
    values = [table_id, *table[1:], kind, own_days, now, now, None, None, None, json_of_keys(keys)]
    marks = ", ".join("?" * len(values))
    connection.execute(f"INSERT INTO {tables_sql(table[0])} ({_COLUMNS}) VALUES ({marks})", values)
    return table_id


def add_unknown(connection: duckdb.DuckDBPyConnection, database: str, now: datetime.datetime) -> None:
    """Record the tables that exist without a record, as if made just now."""
    query = (
        "SELECT schema_name, table_name FROM duckdb_tables() d WHERE database_name = ? AND schema_name NOT IN "
        f"('_fs_information_schema', 'main') AND NOT EXISTS (SELECT 1 FROM {tables_sql(database)} t WHERE "
        "t.schema_name = d.schema_name AND t.table_name = d.table_name AND t.dropped_at IS NULL)"
    )
    for schema, name in connection.execute(query, [database]).fetchall():
        add(connection, (database, schema, name), "TABLE", None, now, ())


def remove(connection: duckdb.DuckDBPyConnection, table: TableName) -> None:
    """Forget an existing table."""
    condition = "schema_name = ? AND table_name = ? AND dropped_at IS NULL"
    connection.execute(f"DELETE FROM {tables_sql(table[0])} WHERE {condition}", list(table[1:]))


def remove_id(connection: duckdb.DuckDBPyConnection, database: str, table_id: str) -> None:
    """Forget a table that existed or was dropped."""
    connection.execute(f"DELETE FROM {tables_sql(database)} WHERE id = ?", [table_id])


def change(connection: duckdb.DuckDBPyConnection, record: TableRecord, **values: object) -> None:
    """Set columns of a table's record."""
    changes = ", ".join(f"{quoted(name)} = ?" for name in values)
    query = f"UPDATE {tables_sql(record.name[0])} SET {changes} WHERE id = ?"
    connection.execute(query, [*values.values(), record.id])


def rename(connection: duckdb.DuckDBPyConnection, table: TableName, new: TableName) -> None:
    """A renamed table stays the same table."""
    record = find(connection, table)
    if record is not None and table[0] == new[0]:
        change(connection, record, schema_name=new[1], table_name=new[2])


def set_level(connection: duckdb.DuckDBPyConnection, database: str, schema: str, days: int | None) -> None:
    """Set the retention of a schema, a database (schema ''), or the account (database '' too); None unsets."""
    levels = hidden(database, _RETENTION) if database else _ACCOUNT
    connection.execute(f"DELETE FROM {levels} WHERE schema_name = ?", [schema])
    if days is not None:
        connection.execute(f"INSERT INTO {levels} VALUES (?, ?)", [schema, days])


def level(connection: duckdb.DuckDBPyConnection, database: str, schema: str) -> int | None:
    """What `set_level` has set."""
    levels = hidden(database, _RETENTION) if database else _ACCOUNT
    row = connection.execute(f"SELECT days FROM {levels} WHERE schema_name = ?", [schema]).fetchone()
    return int(row[0]) if row else None


def json_of_keys(keys: Sequence[Key]) -> str:
    """Keys as they are recorded."""
    return json.dumps([[key.kind, key.name, list(key.columns)] for key in keys])


def keys_of_json(text: str) -> tuple[Key, ...]:
    """Keys from their record."""
    return tuple(Key(kind, name, tuple(columns)) for kind, name, columns in json.loads(text))
