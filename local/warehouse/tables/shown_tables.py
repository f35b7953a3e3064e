"""SHOW TABLES, SHOW PRIMARY KEYS, SHOW UNIQUE KEYS, DESCRIBE TABLE and INFORMATION_SCHEMA.TABLES.

https://docs.snowflake.com/en/sql-reference/sql/show-tables
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import duckdb
import pyarrow.lib as pa
from sqlglot import Expr, exp

from local.warehouse.access.show_pattern import Filters
from local.warehouse.errors import does_not_exist
from local.warehouse.results import Result, table_result
from local.warehouse.sessions.sessions import Session
from local.warehouse.sql_names import HIDDEN_SCHEMA, hidden, quoted_table
from local.warehouse.tables import table_catalog
from local.warehouse.tables.column_limits import identifier_name
from local.warehouse.tables.table_catalog import TableRecord
from local.warehouse.tables.table_shapes import comment_of, shape_of
from local.warehouse.transactions.table_locks import TableName

_TEXT, _COUNT, _MOMENT = "VARCHAR", "BIGINT", "TIMESTAMP WITH TIME ZONE"
_TABLE_COLUMNS = {
    "created_on": _MOMENT, "name": _TEXT, "database_name": _TEXT, "schema_name": _TEXT, "kind": _TEXT,
    "comment": _TEXT, "cluster_by": _TEXT, "rows": _COUNT, "bytes": _COUNT, "owner": _TEXT,
    "retention_time": _TEXT, "automatic_clustering": _TEXT, "change_tracking": _TEXT, "is_external": _TEXT,
    "enable_schema_evolution": _TEXT, "owner_role_type": _TEXT, "is_event": _TEXT, "is_hybrid": _TEXT,
    "is_iceberg": _TEXT, "is_dynamic": _TEXT, "is_immutable": _TEXT,
}  # fmt: skip
_TERSE = ("created_on", "name", "kind", "database_name", "schema_name")
_KEY_COLUMNS = {
    "created_on": _MOMENT, "database_name": _TEXT, "schema_name": _TEXT, "table_name": _TEXT, "column_name": _TEXT,
    "key_sequence": _COUNT, "constraint_name": _TEXT, "rely": _TEXT, "comment": _TEXT,
}  # fmt: skip
_VIEW = "_local_warehouse_shown_tables"


def prepare(connection: duckdb.DuckDBPyConnection, database: str) -> None:
    """Make the view behind INFORMATION_SCHEMA.TABLES: fakesnow's, with what the layer knows better.

    https://docs.snowflake.com/en/sql-reference/info-schema/tables
    """
    days = table_catalog.days_sql(database)
    connection.execute(
        f"CREATE OR REPLACE VIEW {hidden(database, _VIEW)} AS SELECT f.* REPLACE ("
        "CASE WHEN t.kind = 'TRANSIENT' THEN 'YES' ELSE 'NO' END AS \"IS_TRANSIENT\", "
        f'{days} AS "RETENTION_TIME", t.created_at AS "CREATED") '
        f"FROM {hidden(database, '_fs_tables')} f LEFT JOIN {table_catalog.tables_sql(database)} t "
        'ON t.schema_name = f."TABLE_SCHEMA" AND t.table_name = f."TABLE_NAME" AND t.dropped_at IS NULL'
    )


def in_information_schema(expression: Expr) -> bool:
    """Let a statement that reads INFORMATION_SCHEMA.TABLES read the layer's view; says whether it does."""
    found = [
        table
        for table in expression.find_all(exp.Table)
        if table.db.upper() == "INFORMATION_SCHEMA" and table.name.upper() == "TABLES"
    ]
    for table in found:
        if not table.alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier("TABLES")))
        table.set("this", exp.to_identifier(_VIEW, quoted=True))
        table.set("db", exp.to_identifier(HIDDEN_SCHEMA, quoted=True))
    return bool(found)


def shown(session: Session, show: exp.Show) -> Result | None:
    """The answer of SHOW PRIMARY KEYS and SHOW UNIQUE KEYS; None for every other SHOW."""
    name = show.name.upper()
    if name in ("PRIMARY KEYS", "UNIQUE KEYS"):
        return _show_keys(session, show, "PRIMARY KEY" if name == "PRIMARY KEYS" else "UNIQUE")
    return None


def records(session: Session, scope: tuple[str, ...], with_dropped: bool) -> list[TableRecord]:
    """The tables of the account, a database or a schema, by name, the dropped ones last."""
    databases = list(scope[:1]) or _databases(session)
    schema = scope[1] if len(scope) > 1 else None
    found = [record for db in databases for record in table_catalog.living(session.duck, db, schema)]
    found.sort(key=lambda record: record.name)
    if with_dropped:
        found += [record for db in databases for record in table_catalog.dropped(session.duck, db, schema)]
    return found


def listed(
    session: Session, tables: list[TableRecord], filters: Filters, is_terse: bool, with_dropped: bool
) -> Result:
    """The answer of SHOW TABLES for these."""
    columns = dict(_TABLE_COLUMNS)
    if is_terse:
        columns = {name: columns[name] for name in _TERSE}
    if with_dropped:
        columns["dropped_on"] = _MOMENT
    # Chosen before they are counted: of many tables mostly one is asked for.
    chosen = filters.chosen([[record.name[2], record] for record in tables], 0)
    made = [table_row(session, record) for _, record in chosen]
    return table_result(columns, [[row[name] for name in columns] for row in made])


def table_row(session: Session, record: TableRecord) -> dict[str, Any]:
    """The row of SHOW TABLES for a table, a dropped one too, by column."""
    is_there = record.dropped_at is None
    row: dict[str, Any] = dict.fromkeys(_TABLE_COLUMNS, "N")
    row.update(dict.fromkeys(("automatic_clustering", "change_tracking"), "OFF"))
    count = _row_count(session, record.name) if is_there else None
    return row | {
        "created_on": record.created_at,
        "name": record.name[2],
        "database_name": record.name[0],
        "schema_name": record.name[1],
        "kind": record.kind,
        "comment": (comment_of(session.duck, record.name) if is_there else None) or "",
        "cluster_by": "",
        "rows": count,
        "bytes": None if count is None else 1024 * count,
        "owner": session.role,
        "retention_time": str(record.days),
        "owner_role_type": "ROLE",
        "dropped_on": record.dropped_at,
    }


def _row_count(session: Session, table: TableName) -> int:
    row = session.duck.execute(f"SELECT count(*) FROM {quoted_table(table)}").fetchone()
    return int(row[0]) if row else 0


def _keyed(session: Session, show: exp.Show) -> list[TableRecord]:
    """The tables that a SHOW of keys is about."""
    databases, schema, name = _scope(session, show)
    found = [
        record for db in databases for record in records(session, (db, *([schema] if schema else [])), False)
    ]
    return [record for record in found if name is None or record.name[2] == name]


def _scope(session: Session, show: exp.Show) -> tuple[list[str], str | None, str | None]:
    """Databases, schema and table of IN …; without it the current schema, or database, or account."""
    kind = str(show.args.get("scope_kind") or "").upper()
    scope = show.args.get("scope")
    parts = [identifier_name(part) for part in scope.parts] if isinstance(scope, exp.Table) else []
    if kind == "ACCOUNT" or (not kind and not session.database):
        return _databases(session), None, None
    if kind == "DATABASE":
        return [parts[0] if parts else session.database or ""], None, None
    if kind == "TABLE" or (kind == "SCHEMA" and parts and not _has_schema(session, parts)):
        database, schema, name = session.qualify(tuple(parts))
        if table_catalog.find(session.duck, (database, schema, name)) is None:
            raise does_not_exist("Table", f"{database}.{schema}.{name}")
        return [database], schema, name
    if parts:
        if not _has_schema(session, parts):
            raise does_not_exist("Schema", ".".join(parts))
        return [parts[0] if len(parts) > 1 else session.database or ""], parts[-1], None
    return [session.database or ""], session.schema, None


def _has_schema(session: Session, parts: list[str]) -> bool:
    database = parts[0] if len(parts) > 1 else session.database or ""
    query = "SELECT count(*) FROM duckdb_schemas() WHERE database_name = ? AND schema_name = ?"
    row = session.duck.execute(query, [database, parts[-1]]).fetchone()
    return bool(row and row[0])


def _databases(session: Session) -> list[str]:
    query = (
        "SELECT database_name FROM duckdb_databases() WHERE NOT internal "
        "AND database_name NOT IN ('memory', '_fs_global') ORDER BY database_name"
    )
    return [name for (name,) in session.duck.execute(query).fetchall()]


def _show_keys(session: Session, show: exp.Show, kind: str) -> Result:
    rows = [
        [record.created_at, *record.name, column, number, key.name, "false", None]
        for record in _keyed(session, show)
        for key in record.keys
        if key.kind == kind
        for number, column in enumerate(key.columns, start=1)
    ]
    return table_result(_KEY_COLUMNS, rows)


def described(session: Session, table: TableName, result: Result) -> Result:
    """The answer of DESCRIBE TABLE with keys and comments, which fakesnow does not know."""
    record = table_catalog.find(session.duck, table)
    if record is None or result.table is None:
        return result
    answer = result.table
    names = answer.column("name").to_pylist()
    comments = {column.name: column.comment for column in shape_of(session.duck, table).columns}
    for kind in ("PRIMARY KEY", "UNIQUE"):
        keyed = {column for key in record.keys if key.kind == kind for column in key.columns}
        title = "primary key" if kind == "PRIMARY KEY" else "unique key"
        answer = _with_column(answer, title, ["Y" if name in keyed else "N" for name in names])
    answer = _with_column(answer, "comment", [comments.get(name) for name in names])
    return replace(result, table=answer)


def _with_column(answer: pa.Table, title: str, values: list[str | None]) -> pa.Table:
    return answer.set_column(answer.schema.get_field_index(title), title, pa.array(values, type=pa.string()))
