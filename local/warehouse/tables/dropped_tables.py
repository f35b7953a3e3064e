"""DROP TABLE keeps a table within its retention, and UNDROP TABLE brings it back with its history.

https://docs.snowflake.com/en/sql-reference/sql/undrop-table
"""

from __future__ import annotations

import contextlib
import datetime
import uuid

import duckdb

from local.warehouse.errors import SqlError
from local.warehouse.loading import load_history
from local.warehouse.sql_names import HIDDEN_SCHEMA, hidden, quoted, quoted_table
from local.warehouse.tables import change_log, past_states, table_catalog
from local.warehouse.tables.table_catalog import TableRecord
from local.warehouse.tables.table_shapes import TableShape, shape_of
from local.warehouse.transactions.table_locks import TableName


def keep(
    connection: duckdb.DuckDBPyConnection, table: TableName, now: datetime.datetime
) -> TableRecord | None:
    """Put a table aside, in the transaction that is open; it must be dropped or replaced next.

    Costs a copy of its rows. Gives its record, None when it keeps nothing because its retention is 0.
    """
    record = table_catalog.find(connection, table)
    if record is None or record.days == 0:
        forget(connection, table)
        return None
    storage = f"_local_warehouse_dropped_{uuid.uuid4().hex}"
    source = quoted_table(table)
    connection.execute(f"CREATE TABLE {hidden(table[0], storage)} AS SELECT * FROM {source}")
    definition = shape_of(connection, table).to_json()
    table_catalog.change(connection, record, dropped_at=now, storage=storage, definition=definition)
    return record


def forget(connection: duckdb.DuckDBPyConnection, table: TableName) -> None:
    """Lose a table that is not kept, with its history."""
    record = table_catalog.find(connection, table)
    if record is not None:
        change_log.forget(connection, record)
        table_catalog.remove(connection, table)


def take_back(connection: duckdb.DuckDBPyConnection, record: TableRecord) -> None:
    """Undo `keep` when the statement that was to replace the table has failed."""
    kept = next(
        (one for one in table_catalog.dropped(connection, record.name[0]) if one.id == record.id), None
    )
    if kept is not None and kept.storage:
        connection.execute(f"DROP TABLE {hidden(record.name[0], kept.storage)}")
        table_catalog.change(connection, record, dropped_at=None, storage=None, definition=None)


def undrop(connection: duckdb.DuckDBPyConnection, table: TableName, now: datetime.datetime) -> TableShape:
    """Bring back the newest dropped table of that name, in the transaction that is open; gives its shape.

    Raises SqlError when there is a table of that name, or none that is still kept.
    """
    if shape_of(connection, table).columns:
        raise SqlError(2002, "42710", f"SQL compilation error:\nObject '{table[2]}' already exists.")
    found = [
        record
        for record in table_catalog.dropped(connection, table[0], table[1])
        if record.name == table and not is_expired(record, now)
    ]
    if not found:
        raise purged("Table", table[2])
    return restore(connection, found[0])


def restore(connection: duckdb.DuckDBPyConnection, record: TableRecord) -> TableShape:
    """Bring back this dropped table, in the transaction that is open."""
    shape = TableShape.from_json(record.definition or "")
    storage = (record.name[0], HIDDEN_SCHEMA, record.storage or "")
    shape.create(connection, record.name)
    connection.execute(f"INSERT INTO {quoted_table(record.name)} SELECT * FROM {quoted_table(storage)}")
    connection.execute(f"DROP TABLE {quoted_table(storage)}")
    table_catalog.change(connection, record, dropped_at=None, storage=None, definition=None)
    return shape


def drop(connection: duckdb.DuckDBPyConnection, table: TableName, now: datetime.datetime) -> None:
    """Drop a table, keeping it if it has a retention, in the transaction that is open."""
    keep(connection, table, now)
    load_history.forget(connection, table)
    connection.execute(f"DROP TABLE {quoted_table(table)}")


def purged(kind: str, name: str) -> SqlError:
    """What UNDROP answers when there is nothing to bring back; the number is not documented."""
    return SqlError(90025, "02000", f"{kind} {name} did not exist or was purged.")


def is_expired(record: TableRecord, now: datetime.datetime) -> bool:
    """Whether a dropped table is beyond its retention."""
    return record.dropped_at is not None and record.dropped_at + datetime.timedelta(days=record.days) < now


def purge(connection: duckdb.DuckDBPyConnection, database: str, now: datetime.datetime) -> None:
    """Delete all that is beyond its retention in a database; call it outside of a transaction.

    What another session is using at the moment stays until the next time.
    """
    expired = [record for record in table_catalog.dropped(connection, database) if is_expired(record, now)]
    with contextlib.suppress(duckdb.TransactionException):
        for record in expired:
            if record.storage:
                connection.execute(f"DROP TABLE IF EXISTS {quoted(database, HIDDEN_SCHEMA, record.storage)}")
            change_log.forget(connection, record)
            table_catalog.remove_id(connection, database, record.id)
        for record in table_catalog.living(connection, database):
            end = now - datetime.timedelta(days=record.days)
            if past_states.purge(connection, record, now) and record.history_since < end:
                table_catalog.change(connection, record, history_since=end)
