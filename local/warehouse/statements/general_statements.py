"""Statements that fakesnow runs, with what Snowflake adds: transactions, locks, limits, the session's names."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import duckdb
from fakesnow.dialect import parse_one
from fakesnow.statement_type import DDL
from sqlglot import Expr, exp

from local.warehouse.clock import Clock
from local.warehouse.errors import SqlError, does_not_exist, unsupported
from local.warehouse.instance import WarehouseInstance
from local.warehouse.results import Result, status_result
from local.warehouse.sessions.sessions import Session
from local.warehouse.statements.engine import describe_on_fakesnow, run_on_fakesnow
from local.warehouse.statements.refusals import refuse_foreign
from local.warehouse.statements.rewriting import Rewriting
from local.warehouse.statements.statement_tables import defined_tables, tables_of, write_of
from local.warehouse.statements.statement_time import freeze_time, mentions_time
from local.warehouse.statements.table_functions import TableFunctions, has_table_function
from local.warehouse.tables import column_limits, shown_tables, table_statements, time_travel
from local.warehouse.tables.retention import Retention
from local.warehouse.tables.table_statements import TableStatements
from local.warehouse.tables.time_travel import TimeTravel
from local.warehouse.transactions.recorded_writes import RecordedWrites
from local.warehouse.transactions.table_changes import TableChanges
from local.warehouse.transactions.table_locks import Lock, TableLocks

_LOCKING = (exp.Update, exp.Delete, exp.Merge)
_WRITING = (exp.Insert, exp.MultitableInserts, *_LOCKING)
_DEFINING = (exp.Create, exp.Drop, exp.Alter, exp.TruncateTable, exp.Comment, exp.Undrop)
_CONFLICT_TRIES = 10

Rows = Sequence[tuple[Any, ...]]
_Answer = TypeVar("_Answer")


class GeneralStatements:
    """Runs what has no module of its own; thread-safe over sessions, one statement at a time in each."""

    def __init__(
        self,
        instance: WarehouseInstance,
        locks: TableLocks,
        functions: TableFunctions,
        rewriting: Rewriting,
        clock: Clock,
        changes: TableChanges,
        retention: Retention,
        travel: TimeTravel,
    ) -> None:
        self._instance = instance
        self._locks = locks
        self._functions = functions
        self._rewriting = rewriting
        self._clock = clock
        self._changes = changes
        self._defining = threading.Lock()
        self._travel = travel
        self._writes = RecordedWrites(clock, travel)
        self._tables = TableStatements(clock, retention, travel, self._run_again_on_conflict)

    def describe(self, session: Session, text: str) -> Result | None:
        """The columns of a statement's answer without running it; None when only running it tells."""
        expression = parse_one(text)
        refuse_foreign(expression, text)
        if shown_tables.in_information_schema(expression) or time_travel.travels(expression):
            text = time_travel.in_the_present(expression).sql(dialect="snowflake")
        return describe_on_fakesnow(session, text, expression)

    def run(self, session: Session, text: str, rows: Rows, is_cancelled: Callable[[], bool]) -> Result:
        """Execute one statement."""
        expression = parse_one(text)
        _refuse_raw(expression)
        _refuse_several(expression)
        refuse_foreign(expression, text)
        rewritten = self._rewriting.rewrite(session, expression, text)
        if rewritten is not None:
            expression, text = rewritten, rewritten.sql(dialect="snowflake")
        if mentions_time(text):
            expression = freeze_time(expression, self._clock.now())
            text = expression.sql(dialect="snowflake")
        if shown_tables.in_information_schema(expression):
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
        if time_travel.travels(expression):
            return self._read_past(session, expression, rows)
        shown = shown_tables.shown(session, expression) if isinstance(expression, exp.Show) else None
        if shown is not None:
            return shown
        if has_table_function(expression):
            with self._functions.given(session, expression, rows) as left:
                return run_on_fakesnow(session, expression.sql(dialect="snowflake"), expression, left)
        result = run_on_fakesnow(session, text, expression, rows)
        if isinstance(expression, exp.Describe) and isinstance(expression.this, exp.Table):
            described = column_limits.table_name(expression.this, session)
            return shown_tables.described(session, described, result)
        return result

    def _read_past(self, session: Session, expression: Expr, rows: Rows) -> Result:
        """In one DuckDB transaction: where the rows lie must not change before they are read."""
        with session.change_log.transaction(session.transaction.is_started):
            changed, kept = self._travel.rewritten(session, expression, rows)
            return run_on_fakesnow(session, changed.sql(dialect="snowflake"), changed, kept)

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
        query_id = session.query_id
        if not transaction.is_open:
            self._writes.make_room(session, expression)

        def carry_out() -> Result:
            if not is_virtual:
                return self._write_now(session, query_id, text, expression, rows)
            with self._functions.given(session, expression, rows) as left:
                sql = expression.sql(dialect="snowflake")
                return self._write_now(session, query_id, sql, expression, left)

        return transaction.write(write_of(expression, session, rows, carry_out))

    def _write_now(self, session: Session, query_id: str, text: str, expression: Expr, rows: Rows) -> Result:
        if session.transaction.is_open:
            session.transaction.before_write()
            return self._writes.run(session, query_id, text, expression, rows)
        for tries_left in reversed(range(_CONFLICT_TRIES)):
            session.duck.begin()
            try:
                result = self._writes.run(session, query_id, text, expression, rows)
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
        return self._again_on_conflict(session, lambda: run_on_fakesnow(session, text, expression, rows))

    def _again_on_conflict(self, session: Session, action: Callable[[], _Answer]) -> _Answer:
        """Repeat, outside a transaction, what DuckDB refuses as a conflict and Snowflake lets through."""
        for tries_left in reversed(range(_CONFLICT_TRIES)):
            try:
                return action()
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
            defined = self._again_on_conflict(
                session, lambda: self._tables.run(session, expression.copy(), rows)
            )
            result = defined or self._run_again_on_conflict(session, text, expression, rows)
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

    def _after_definition(self, session: Session, expression: Expr) -> None:
        kind = _kind(expression)
        if isinstance(expression, exp.Create) and kind == "DATABASE":
            name = column_limits.identifier_name(expression.find(exp.Identifier) or expression)
            session.duck.execute(f'CREATE SCHEMA IF NOT EXISTS "{name}"."PUBLIC"')
            table_statements.prepare(session.duck, name, self._clock.now())
            _use_public(session, name)


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


def _use_public(session: Session, database: str) -> None:
    """A database that becomes current brings its schema PUBLIC, if it has it."""
    query = "SELECT count(*) FROM duckdb_schemas() WHERE database_name = ? AND schema_name = 'PUBLIC'"
    row = session.duck.execute(query, [database]).fetchone()
    if row and row[0]:
        session.connection.cursor().execute(f'USE SCHEMA "{database}"."PUBLIC"')


def _refuse_raw(expression: Expr) -> None:
    """What sqlglot could not parse it hands on as raw text; only what fakesnow itself knows may pass to DuckDB."""
    if isinstance(expression, exp.Command):
        verb = f"{expression.this} {expression.expression}".strip()
        if not re.match(r"(?i)(SET|UNSET|SHOW\s+(VARIABLES|USER\s+FUNCTIONS)|EXPLAIN)\b", verb):
            raise unsupported(verb[:80])


def _refuse_several(expression: Expr) -> None:
    """One statement a request: DuckDB would run all of them, past transactions and limits.

    https://docs.snowflake.com/en/sql-reference/parameters#multi-statement-count
    """
    found = [part for part in expression.expressions if not isinstance(part, exp.Semicolon)]
    if isinstance(expression, exp.Block) and len(found) > 1:
        message = f"Actual statement count {len(found)} did not match the desired statement count 1."
        raise SqlError(8, "0A000", message)
