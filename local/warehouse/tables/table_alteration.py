"""ALTER TABLE: columns, keys, retention, RENAME TO and SWAP WITH.

https://docs.snowflake.com/en/sql-reference/sql/alter-table
"""

from __future__ import annotations

import re
import uuid

import duckdb
from fakesnow.dialect import parse_one
from sqlglot import Expr, exp

from local.warehouse.errors import SqlError, does_not_exist, unsupported
from local.warehouse.loading import load_history
from local.warehouse.results import SUCCESS, Result, status_result
from local.warehouse.sessions.sessions import Session
from local.warehouse.sql_names import quoted, quoted_table
from local.warehouse.tables import column_limits, table_catalog
from local.warehouse.tables.column_changes import ColumnChanges
from local.warehouse.tables.retention import PARAMETER, Retention, taken_property
from local.warehouse.tables.table_catalog import TableRecord
from local.warehouse.tables.table_keys import declared_keys, without_dropped
from local.warehouse.tables.table_shapes import comment_of, set_comment
from local.warehouse.transactions.table_locks import TableName


def alter_table(session: Session, alter: exp.Alter, retention: Retention) -> Result | None:
    """Execute one ALTER TABLE; None for what is left to fakesnow."""
    table = column_limits.table_name(alter.this, session)
    actions = [_dropped_columns(action) for action in alter.args.get("actions") or []]
    if not column_limits.columns_of(session.duck, table):
        if alter.args.get("exists"):
            return status_result(SUCCESS)
        raise does_not_exist("Table", ".".join(table))
    columns = ColumnChanges(session, table)
    if actions and all(columns.plan(action) for action in actions):
        columns.carry_out()
        return status_result(SUCCESS)
    if len(actions) == 1 and _alter_whole(session, table, actions[0], retention):
        return status_result(SUCCESS)
    return None


def _dropped_columns(action: Expr) -> Expr:
    """DROP a, b for DROP COLUMN a, b, which alone sqlglot reads."""
    text = str(action.args.get("expression") or "").strip()
    if not isinstance(action, exp.Command) or re.match(
        r"(?i)(PRIMARY\s+KEY|UNIQUE|FOREIGN\s+KEY|CLUSTERING)\b", text
    ):
        return action
    read = parse_one(f"ALTER TABLE T DROP COLUMN {text}")
    return read.args["actions"][0] if isinstance(read, exp.Alter) else action


def _alter_whole(session: Session, table: TableName, action: Expr, retention: Retention) -> bool:
    record = table_catalog.find(session.duck, table)
    if isinstance(action, exp.AlterRename):
        _rename(session, table, _named(action.this, table))
    elif isinstance(action, exp.SwapTable):
        _swap(session, table, column_limits.table_name(action.this, session))
    elif record is None:
        return False
    elif isinstance(action, exp.AddConstraint):
        _add_keys(session, record, action)
    elif _drops_key(action):
        keys = without_dropped(record.keys, action)
        table_catalog.change(session.duck, record, keys=table_catalog.json_of_keys(keys))
    else:
        return _set_retention(session, record, action, retention)
    return True


def _named(new: exp.Table, table: TableName) -> TableName:
    parts = [column_limits.identifier_name(part) for part in new.parts]
    database, schema, name = (*table[: 3 - len(parts)], *parts)
    return database, schema, name


def _rename(session: Session, table: TableName, new: TableName) -> None:
    if column_limits.columns_of(session.duck, new):
        raise SqlError(2002, "42710", f"SQL compilation error:\nObject '{new[2]}' already exists.")
    if table[:2] != new[:2]:
        raise unsupported("ALTER TABLE … RENAME TO another schema")
    with session.change_log.transaction(is_open=False):
        _rename_inside(session.duck, table, new)
    _rename_outside(session.duck, table, new)


def _swap(session: Session, table: TableName, other: TableName) -> None:
    if not column_limits.columns_of(session.duck, other):
        raise does_not_exist("Table", ".".join(other))
    if table[:2] != other[:2]:
        raise unsupported("ALTER TABLE … SWAP WITH a table of another schema")
    aside = (*table[:2], f"_local_warehouse_swap_{uuid.uuid4().hex}")
    steps = ((table, aside), (other, table), (aside, other))
    with session.change_log.transaction(is_open=False):
        for old, new in steps:
            _rename_inside(session.duck, old, new)
    for old, new in steps:
        _rename_outside(session.duck, old, new)


def _rename_inside(duck: duckdb.DuckDBPyConnection, table: TableName, new: TableName) -> None:
    """In the table's own database; its past and its load history stay with it."""
    duck.execute(f"ALTER TABLE {quoted_table(table)} RENAME TO {quoted(new[2])}")
    table_catalog.rename(duck, table, new)
    load_history.rename(duck, table, new)


def _rename_outside(duck: duckdb.DuckDBPyConnection, table: TableName, new: TableName) -> None:
    column_limits.rename(duck, table, new)
    set_comment(duck, new, comment_of(duck, table))
    set_comment(duck, table, None)


def _add_keys(session: Session, record: TableRecord, action: exp.AddConstraint) -> None:
    keys = declared_keys(action)
    with session.change_log.transaction(is_open=False):
        for column in [column for key in keys if key.kind == "PRIMARY KEY" for column in key.columns]:
            session.duck.execute(
                f"ALTER TABLE {quoted_table(record.name)} ALTER COLUMN {quoted(column)} SET NOT NULL"
            )
        text = table_catalog.json_of_keys([*record.keys, *keys])
        table_catalog.change(session.duck, record, keys=text)


def _drops_key(action: Expr) -> bool:
    if isinstance(action, exp.Drop):
        return str(action.args.get("kind")).upper() == "CONSTRAINT"
    text = str(action.args.get("expression") or "").strip().upper()
    return isinstance(action, exp.Command) and text.startswith(("PRIMARY", "UNIQUE"))


def _set_retention(session: Session, record: TableRecord, action: Expr, retention: Retention) -> bool:
    if isinstance(action, exp.Set) and action.args.get("unset"):
        names = [column_limits.identifier_name(name) for name in action.expressions]
        if names == [PARAMETER]:
            retention.alter_table(session, record, None)
        return names == [PARAMETER]
    days = taken_property(action) if isinstance(action, exp.AlterSet) else None
    if days is None:
        return False
    retention.alter_table(session, record, days)
    return True
