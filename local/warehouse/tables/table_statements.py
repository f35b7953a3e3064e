"""Statements that define tables and schemas, each handed to the module of its verb."""

from __future__ import annotations

import contextlib
import datetime

import duckdb
from sqlglot import Expr, exp

from local.warehouse.clock import Clock
from local.warehouse.errors import does_not_exist, unsupported
from local.warehouse.loading import load_history
from local.warehouse.results import SUCCESS, Result, status_result
from local.warehouse.sessions.sessions import Session
from local.warehouse.sql_names import quoted_table
from local.warehouse.statements.engine import run_on_fakesnow
from local.warehouse.tables import (
    change_log,
    column_limits,
    dropped_schemas,
    dropped_tables,
    shown_tables,
    table_catalog,
)
from local.warehouse.tables.retention import Retention, taken_property
from local.warehouse.tables.table_alteration import alter_table
from local.warehouse.tables.table_creation import Run, TableCreation
from local.warehouse.tables.table_shapes import comment_on_column
from local.warehouse.tables.time_travel import Rows, TimeTravel
from local.warehouse.transactions.table_locks import TableName


class TableStatements:
    """Runs one definition at a time, outside of a transaction; the caller sees to both."""

    def __init__(self, clock: Clock, retention: Retention, travel: TimeTravel, run: Run) -> None:
        self._clock = clock
        self._retention = retention
        self._creation = TableCreation(clock, retention, travel, run)

    def run(self, session: Session, expression: Expr, rows: Rows) -> Result | None:
        """Execute a definition; None when it is not of this module."""
        kind = str(expression.args.get("kind") or "").upper()
        if session.database:
            with contextlib.suppress(duckdb.CatalogException):
                dropped_tables.purge(session.duck, session.database, self._clock.now())
        if isinstance(expression, exp.Undrop):
            return self._undrop(session, expression, kind)
        if isinstance(expression, exp.TruncateTable):
            return self._truncate(session, expression)
        if kind == "TABLE" and isinstance(expression, exp.Create):
            return self._creation.create(session, expression, rows)
        if kind == "TABLE" and isinstance(expression, exp.Alter):
            return alter_table(session, expression, self._retention)
        if kind == "TABLE" and isinstance(expression, exp.Drop):
            return self._drop(session, expression)
        if kind == "SCHEMA" and isinstance(expression, exp.Drop):
            return self._drop_schema(session, expression, rows)
        if kind == "COLUMN" and isinstance(expression, exp.Comment):
            return self._comment_on_column(session, expression)
        if kind in ("SCHEMA", "DATABASE") and isinstance(expression, exp.Create):
            return self._create_container(session, expression, kind, rows)
        return None

    def _create_container(self, session: Session, create: exp.Create, kind: str, rows: Rows) -> Result | None:
        """CREATE SCHEMA and DATABASE with a retention; the rest is not of this module."""
        if create.find(exp.Clone):
            raise unsupported(f"CREATE {kind} … CLONE")
        days = taken_property(create)
        if days is None:
            return None
        checked = self._retention.checked(days, is_transient=create.find(exp.TransientProperty) is not None)
        result = run_on_fakesnow(session, create.sql(dialect="snowflake"), create, rows)
        named = [column_limits.identifier_name(part) for part in create.this.parts]
        if kind == "DATABASE":
            prepare(session.duck, named[0], self._clock.now())
            table_catalog.set_level(session.duck, named[0], "", checked)
        else:
            database = named[0] if len(named) > 1 else session.database or ""
            table_catalog.set_level(session.duck, database, named[-1], checked)
        return result

    def _comment_on_column(self, session: Session, comment: exp.Comment) -> Result:
        *table, column = [column_limits.identifier_name(part) for part in comment.this.parts]
        name = session.qualify(tuple(table))
        if column not in column_limits.columns_of(session.duck, name):
            raise does_not_exist("Column", f"{'.'.join(name)}.{column}")
        comment_on_column(session.duck, name, column, comment.expression.name)
        return status_result(SUCCESS)

    def _drop(self, session: Session, drop: exp.Drop) -> Result | None:
        nodes = [drop.this, *(drop.args.get("tables") or [])]
        tables = [column_limits.table_name(node, session) for node in nodes if isinstance(node, exp.Table)]
        if len(tables) != 1 or table_catalog.find(session.duck, tables[0]) is None:
            return self._drop_unknown(session, drop, tables)
        with session.change_log.transaction(is_open=False):
            dropped_tables.drop(session.duck, tables[0], self._clock.now())
        column_limits.forget(session.duck, tables[0])
        return status_result(f"{tables[0][2]} successfully dropped.")

    def _drop_unknown(self, session: Session, drop: exp.Drop, tables: list[TableName]) -> Result | None:
        """A temporary table is left to fakesnow; what is not there at all is said to be so."""
        for table in tables:
            is_temporary = column_limits.columns_of(session.duck, ("temp", "main", table[2]))
            if not is_temporary and not column_limits.columns_of(session.duck, table):
                if drop.args.get("exists"):
                    return status_result(
                        f"Drop statement executed successfully ({table[2]} already dropped)."
                    )
                raise does_not_exist("Table", ".".join(table))
        return None

    def _drop_schema(self, session: Session, drop: exp.Drop, rows: Rows) -> Result | None:
        found = drop.find(exp.Table)
        if found is None:
            return None
        named = [column_limits.identifier_name(part) for part in found.parts]
        database = named[0] if len(named) > 1 else session.database or ""
        tables = table_catalog.living(session.duck, database, named[-1]) if database else []
        if not tables:
            return None
        with session.change_log.transaction(is_open=False):
            dropped_schemas.keep(session.duck, database, named[-1], self._clock.now())
            for record in tables:
                load_history.forget(session.duck, record.name)
            result = run_on_fakesnow(session, drop.sql(dialect="snowflake"), drop, rows)
        for record in tables:
            column_limits.forget(session.duck, record.name)
        return result

    def _truncate(self, session: Session, truncate: exp.TruncateTable) -> Result | None:
        nodes = [node for node in truncate.expressions if isinstance(node, exp.Table)]
        tables = [column_limits.table_name(node, session) for node in nodes]
        for table in tables:
            if not column_limits.columns_of(session.duck, table):
                if column_limits.columns_of(session.duck, ("temp", "main", table[2])):
                    return None
                if not truncate.args.get("exists"):
                    raise does_not_exist("Table", ".".join(table))
                continue
            with session.change_log.transaction(is_open=False):
                record = table_catalog.find(session.duck, table)
                has_past = record is not None and record.days > 0
                with (
                    session.change_log.replacing(record, session.query_id)
                    if record and has_past
                    else contextlib.nullcontext()
                ):
                    session.duck.execute(f"DELETE FROM {quoted_table(table)}")
                load_history.forget(session.duck, table)
        return status_result(SUCCESS)

    def _undrop(self, session: Session, undrop: exp.Undrop, kind: str) -> Result:
        if kind == "TABLE":
            table = column_limits.table_name(undrop.this, session)
            self._check_database(session, table[0])
            with session.change_log.transaction(is_open=False):
                shape = dropped_tables.undrop(session.duck, table, self._clock.now())
            shape.describe(session.duck, table)
            return status_result(f"Table {table[2]} successfully restored.")
        if kind == "SCHEMA":
            named = [column_limits.identifier_name(part) for part in undrop.this.parts]
            database = named[0] if len(named) > 1 else session.database or ""
            self._check_database(session, database)
            with session.change_log.transaction(is_open=False):
                restored = dropped_schemas.undrop(session.duck, database, named[-1], self._clock.now())
            for record, shape in restored:
                shape.describe(session.duck, record.name)
            return status_result(f"Schema {named[-1]} successfully restored.")
        raise unsupported(f"UNDROP {kind}")

    def _check_database(self, session: Session, database: str) -> None:
        query = "SELECT count(*) FROM duckdb_databases() WHERE NOT internal AND database_name = ?"
        row = session.duck.execute(query, [database]).fetchone()
        if not row or not row[0]:
            raise does_not_exist("Database", database)


def prepare(connection: duckdb.DuckDBPyConnection, database: str, now: datetime.datetime) -> None:
    """Make what the layer keeps in a database, if it is not there, and record the tables that it does not know."""
    table_catalog.prepare(connection, database)
    change_log.prepare(connection, database)
    shown_tables.prepare(connection, database)
    table_catalog.add_unknown(connection, database, now)


def prepare_all(connection: duckdb.DuckDBPyConnection, now: datetime.datetime) -> None:
    """Do so for every database that is attached."""
    query = "SELECT database_name FROM duckdb_databases() WHERE NOT internal AND database_name <> 'memory'"
    for (database,) in connection.execute(query).fetchall():
        if database != "_fs_global":
            prepare(connection, database, now)
