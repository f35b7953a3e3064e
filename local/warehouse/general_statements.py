"""Statements that fakesnow runs, with what Snowflake adds: transactions, locks, limits, the session's names."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Sequence
from typing import Any

import duckdb
from fakesnow.dialect import parse_one
from fakesnow.statement_type import DDL
from sqlglot import Expr, exp

from local.warehouse import column_limits, load_history, table_definitions
from local.warehouse.clock import Clock
from local.warehouse.context_functions import mentions_context, replace_context_functions
from local.warehouse.engine import describe_on_fakesnow, run_on_fakesnow
from local.warehouse.errors import does_not_exist, unsupported
from local.warehouse.instance import WarehouseInstance
from local.warehouse.results import Result, status_result
from local.warehouse.sessions import Session
from local.warehouse.statement_tables import defined_tables, tables_of, write_of
from local.warehouse.statement_time import freeze_time, mentions_time
from local.warehouse.table_changes import TableChanges
from local.warehouse.table_locks import Lock, TableLocks
from local.warehouse.virtual_tables import VirtualTables

_LOCKING = (exp.Update, exp.Delete, exp.Merge)
_WRITING = (exp.Insert, exp.MultitableInserts, *_LOCKING)
_DEFINING = (exp.Create, exp.Drop, exp.Alter, exp.TruncateTable, exp.Comment)
_CONFLICT_TRIES = 10

Rows = Sequence[tuple[Any, ...]]


class GeneralStatements:
    """Runs what has no module of its own; thread-safe over sessions, one statement at a time in each."""

    def __init__(
        self,
        instance: WarehouseInstance,
        locks: TableLocks,
        virtual: VirtualTables,
        clock: Clock,
        changes: TableChanges,
    ) -> None:
        self._instance = instance
        self._locks = locks
        self._virtual = virtual
        self._clock = clock
        self._changes = changes
        self._defining = threading.Lock()

    def describe(self, session: Session, text: str) -> Result | None:
        """The columns of a statement's answer without running it; None when only running it tells."""
        return describe_on_fakesnow(session, text, parse_one(text))

    def run(self, session: Session, text: str, rows: Rows, is_cancelled: Callable[[], bool]) -> Result:
        """Execute one statement."""
        expression = parse_one(text)
        _refuse_raw(expression)
        if mentions_context(text):
            expression = replace_context_functions(expression, session)
            text = expression.sql(dialect="snowflake")
        if mentions_time(text):
            expression = freeze_time(expression, self._clock.now())
            text = expression.sql(dialect="snowflake")
        if isinstance(expression, _DEFINING):
            return self._define(session, text, expression, rows)
        if isinstance(expression, _WRITING):
            return self._write(session, text, expression, rows, is_cancelled)
        result = self._read(session, text, expression, rows)
        if isinstance(expression, exp.Use):
            _remember_use(session, expression)
        return result

    def _read(self, session: Session, text: str, expression: Expr, rows: Rows) -> Result:
        session.transaction.see(tables_of(expression, session))
        if expression.find(exp.TableFromRows) is None:
            return run_on_fakesnow(session, text, expression, rows)
        with self._virtual.given(session, expression, rows) as left:
            return run_on_fakesnow(session, expression.sql(dialect="snowflake"), expression, left)

    def _write(
        self, session: Session, text: str, expression: Expr, rows: Rows, is_cancelled: Callable[[], bool]
    ) -> Result:
        transaction = session.transaction
        if not session.parameters.is_true("AUTOCOMMIT"):
            transaction.open()
        transaction.number()
        transaction.check_usable()
        table = column_limits.written_table(expression, session)
        if isinstance(expression, _LOCKING) and table is not None:
            lock = Lock(table, session.id, transaction.id, session.query_id, transaction.started_at)
            self._locks.acquire(lock, session.parameters.seconds("LOCK_TIMEOUT"), is_cancelled)
        transaction.see(tables_of(expression, session))
        if column_limits.checked(expression, session):
            text = expression.sql(dialect="snowflake")
        is_virtual = expression.find(exp.TableFromRows) is not None

        def carry_out() -> Result:
            if not is_virtual:
                return self._write_now(session, text, expression, rows)
            with self._virtual.given(session, expression, rows) as left:
                return self._write_now(session, expression.sql(dialect="snowflake"), expression, left)

        return transaction.write(write_of(expression, session, rows, carry_out))

    def _write_now(self, session: Session, text: str, expression: Expr, rows: Rows) -> Result:
        if session.transaction.is_open:
            session.transaction.before_write()
            return run_on_fakesnow(session, text, expression, rows)
        for tries_left in reversed(range(_CONFLICT_TRIES)):
            session.duck.begin()
            try:
                result = run_on_fakesnow(session, text, expression, rows)
                session.duck.commit()
            except BaseException as error:
                with contextlib.suppress(duckdb.TransactionException):
                    session.duck.rollback()
                if not tries_left or not _is_conflict(error):
                    raise
            else:
                return result
        raise unsupported("a statement without an end")

    def _run_again_on_conflict(self, session: Session, text: str, expression: Expr, rows: Rows) -> Result:
        """Repeat, outside a transaction, what DuckDB refuses as a conflict and Snowflake lets through."""
        for tries_left in reversed(range(_CONFLICT_TRIES)):
            try:
                return run_on_fakesnow(session, text, expression, rows)
            except Exception as error:
                if session.transaction.is_open or not tries_left or not _is_conflict(error):
                    raise
        raise unsupported("a statement without an end")

    def _define(self, session: Session, text: str, expression: Expr, rows: Rows) -> Result:
        session.transaction.commit()
        try:
            return self._defined(session, text, expression, rows)
        finally:
            self._changes.note(defined_tables(expression, session))

    def _defined(self, session: Session, text: str, expression: Expr, rows: Rows) -> Result:
        with self._defining:
            if isinstance(expression, exp.Drop) and _kind(expression) == "DATABASE":
                return self._drop_database(session, expression)
            if isinstance(expression, exp.Create) and _kind(expression) == "TABLE":
                return self._create_table(session, text, expression, rows)
            result = self._run_again_on_conflict(session, text, expression, rows)
            self._after_definition(session, expression)
            return result

    def _drop_database(self, session: Session, drop: exp.Drop) -> Result:
        """Detach its file and delete it; a session whose current database it was has none then."""
        name = column_limits.identifier_name(drop.find(exp.Identifier) or drop)
        if not self._instance.has_database(name):
            if drop.args.get("exists"):
                return status_result("Drop statement executed successfully.", DDL)
            raise does_not_exist("Database", name)
        if session.database == name:
            session.duck.execute("USE memory.main")
            session.connection.database_set = session.connection.schema_set = False
        session.duck.execute(f'DETACH "{name}"')
        self._instance.remove_file_of(name)
        return status_result(f"{name} successfully dropped.", DDL)

    def _create_table(self, session: Session, text: str, create: exp.Create, rows: Rows) -> Result:
        table = table_definitions.created_table(create, session)
        if table is None:
            return run_on_fakesnow(session, text, create, rows)
        is_there = bool(column_limits.columns_of(session.duck, table))
        if is_there and create.args.get("exists"):
            return status_result(f"{table[2]} already exists, statement succeeded.")
        limits = table_definitions.inherited_limits(create, session)
        copied = table_definitions.copied_table(create, session)
        if not is_there or create.args.get("replace"):
            column_limits.forget(session.duck, table)
        if table_definitions.without_keys(create):
            text = create.sql(dialect="snowflake")
        result = self._run_again_on_conflict(session, text, create, rows)
        load_history.forget(session.duck, table)
        column_limits.remember(session.duck, table, limits)
        if copied is not None:
            table_definitions.copy_not_null(session, copied, table)
        return result

    def _after_definition(self, session: Session, expression: Expr) -> None:
        kind = _kind(expression)
        if isinstance(expression, exp.Create) and kind == "DATABASE":
            name = column_limits.identifier_name(expression.find(exp.Identifier) or expression)
            session.duck.execute(f'CREATE SCHEMA IF NOT EXISTS "{name}"."PUBLIC"')
            _use_public(session, name)
        if isinstance(expression, exp.Alter):
            _follow_rename(session, expression)
        if (isinstance(expression, exp.Drop) and kind == "TABLE") or isinstance(
            expression, exp.TruncateTable
        ):
            for node in [expression.this, *expression.expressions, *(expression.args.get("tables") or [])]:
                if isinstance(node, exp.Table) and node.name:
                    self._table_emptied(session, node, isinstance(expression, exp.Drop))

    def _table_emptied(self, session: Session, node: exp.Table, is_dropped: bool) -> None:
        table = column_limits.table_name(node, session)
        load_history.forget(session.duck, table)
        if is_dropped:
            column_limits.forget(session.duck, table)


def _kind(expression: Expr) -> str:
    return str(expression.args.get("kind") or "").upper()


def _is_conflict(error: BaseException) -> bool:
    cause = error.__cause__ if isinstance(error.__cause__, duckdb.Error) else error
    return isinstance(cause, duckdb.TransactionException) or "write-write conflict" in str(cause)


def _remember_use(session: Session, expression: exp.Use) -> None:
    kind = expression.args.get("kind")
    name = column_limits.identifier_name(expression.this.this) if expression.this is not None else ""
    if isinstance(kind, exp.Var) and kind.name.upper() == "DATABASE":
        _use_public(session, name)
    if isinstance(kind, exp.Var) and kind.name.upper() == "ROLE":
        session.role = name
    if isinstance(kind, exp.Var) and kind.name.upper() == "WAREHOUSE":
        session.warehouse = name


def _use_public(session: Session, database: str) -> None:
    """A database that becomes current brings its schema PUBLIC, if it has it."""
    query = "SELECT count(*) FROM duckdb_schemas() WHERE database_name = ? AND schema_name = 'PUBLIC'"
    row = session.duck.execute(query, [database]).fetchone()
    if row and row[0]:
        session.connection.cursor().execute(f'USE SCHEMA "{database}"."PUBLIC"')


def _follow_rename(session: Session, alter: exp.Alter) -> None:
    for action in alter.args.get("actions") or []:
        if isinstance(action, exp.AlterRename) and isinstance(action.this, exp.Table):
            old = column_limits.table_name(alter.this, session)
            named = [column_limits.identifier_name(part) for part in action.this.parts]
            new = (*old[: 3 - len(named)], *named)
            column_limits.rename(session.duck, old, (new[0], new[1], new[2]))
            load_history.rename(session.duck, old, (new[0], new[1], new[2]))


def _refuse_raw(expression: Expr) -> None:
    """What sqlglot could not parse it hands on as raw text; only what fakesnow itself knows may pass to DuckDB."""
    if isinstance(expression, exp.Command):
        verb = f"{expression.this} {expression.expression}".strip()
        if not re.match(r"(?i)(SET|UNSET|SHOW|EXPLAIN|CREATE\s+USER)\b", verb):
            raise unsupported(verb[:80])
