"""DROP SCHEMA keeps the tables of the schema within their retention, and UNDROP SCHEMA brings them back.

Views, stages and what else was in it do not come back (deviation).
https://docs.snowflake.com/en/sql-reference/sql/undrop-schema
"""

from __future__ import annotations

import datetime
import json
import uuid

import duckdb

from local.warehouse.errors import SqlError
from local.warehouse.sql_names import quoted
from local.warehouse.tables import dropped_tables, table_catalog
from local.warehouse.tables.table_shapes import TableShape


def keep(connection: duckdb.DuckDBPyConnection, database: str, schema: str, now: datetime.datetime) -> None:
    """Put the tables of a schema aside, in the transaction that is open; it must be dropped next."""
    records = [
        dropped_tables.keep(connection, record.name, now)
        for record in table_catalog.living(connection, database, schema)
    ]
    ids = [record.id for record in records if record is not None]
    days = table_catalog.level(connection, database, schema)
    connection.execute(
        f"INSERT INTO {table_catalog.tables_sql(database)} (id, schema_name, table_name, kind, own_days, "
        "created_at, history_since, dropped_at, definition, keys) "
        "VALUES (?, ?, '', 'SCHEMA', ?, ?, ?, ?, ?, '[]')",
        [str(uuid.uuid4()), schema, days, now, now, now, json.dumps(ids)],
    )


def undrop(
    connection: duckdb.DuckDBPyConnection, database: str, schema: str, now: datetime.datetime
) -> list[tuple[table_catalog.TableRecord, TableShape]]:
    """Bring back the newest dropped schema of that name, in the transaction that is open; gives its tables.

    Raises SqlError when there is a schema of that name, or none that is still kept.
    """
    if _is_there(connection, database, schema):
        raise SqlError(2002, "42710", f"SQL compilation error:\nObject '{schema}' already exists.")
    tables = table_catalog.tables_sql(database)
    query = (
        f"SELECT id, definition, dropped_at + to_days(CAST({table_catalog.days_sql(database)} AS INTEGER)) < ? "
        f"FROM {tables} t WHERE kind = 'SCHEMA' AND schema_name = ? ORDER BY dropped_at DESC LIMIT 1"
    )
    row = connection.execute(query, [now, schema]).fetchone()
    if row is None or row[2]:
        raise dropped_tables.purged("Schema", schema)
    connection.execute(f"CREATE SCHEMA {quoted(database, schema)}")
    connection.execute(f"DELETE FROM {tables} WHERE id = ?", [row[0]])
    ids = set(json.loads(row[1]))
    found = [record for record in table_catalog.dropped(connection, database, schema) if record.id in ids]
    return [(record, dropped_tables.restore(connection, record)) for record in found]


def _is_there(connection: duckdb.DuckDBPyConnection, database: str, schema: str) -> bool:
    query = "SELECT count(*) FROM duckdb_schemas() WHERE database_name = ? AND schema_name = ?"
    row = connection.execute(query, [database, schema]).fetchone()
    return bool(row and row[0])
