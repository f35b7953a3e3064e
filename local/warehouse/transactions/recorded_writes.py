"""INSERT, UPDATE, DELETE and MERGE with their entry in the change log, in one DuckDB transaction.

A statement that only adds rows costs one more row in the log, every other one a copy of the table before it.
"""

from __future__ import annotations

import contextlib

from sqlglot import Expr, exp

from local.warehouse.clock import Clock
from local.warehouse.results import Result
from local.warehouse.sessions.sessions import Session
from local.warehouse.sql_names import quoted_table
from local.warehouse.statements.engine import run_on_fakesnow
from local.warehouse.tables import column_limits, dropped_tables, table_catalog
from local.warehouse.tables.table_catalog import TableRecord
from local.warehouse.tables.time_travel import Rows, TimeTravel
from local.warehouse.transactions.table_locks import TableName


class RecordedWrites:
    """Runs statements that write; thread-safe over sessions."""

    def __init__(self, clock: Clock, travel: TimeTravel) -> None:
        self._clock = clock
        self._travel = travel

    def make_room(self, session: Session, expression: Expr) -> None:
        """Delete what is beyond its retention in the databases of a statement; before its transaction."""
        if not _only_adds(expression):
            for database in {table[0] for table in _written_tables(session, expression)}:
                dropped_tables.purge(session.duck, database, self._clock.now())

    def run(self, session: Session, query_id: str, text: str, expression: Expr, rows: Rows) -> Result:
        """Execute a statement for a query, in the DuckDB transaction that is open."""
        log = session.change_log
        records = _records(session, expression)
        changed, kept = self._travel.rewritten(session, expression, rows)
        if changed is not expression:
            text = changed.sql(dialect="snowflake")
        if _only_adds(expression):
            before = [_count(session, record.name) for record in records]
            result = run_on_fakesnow(session, text, changed, kept)
            for record, count in zip(records, before, strict=True):
                log.added(record.name, _count(session, record.name) - count, query_id)
            return result
        with contextlib.ExitStack() as keeping:
            may_touch = bool(records) and _may_touch(session, changed, kept)
            for record in records:
                if may_touch:
                    keeping.enter_context(log.replacing(record, query_id))
                else:
                    log.added(record.name, 0, query_id)
            return run_on_fakesnow(session, text, changed, kept)


def _records(session: Session, expression: Expr) -> list[TableRecord]:
    """The tables written to that keep history."""
    found = [table_catalog.find(session.duck, table) for table in _written_tables(session, expression)]
    return [record for record in found if record is not None and record.days > 0]


def _written_tables(session: Session, expression: Expr) -> list[TableName]:
    if isinstance(expression, exp.MultitableInserts):
        inserts = [insert.this for insert in expression.expressions]
    else:
        inserts = [expression]
    found = (column_limits.written_table(insert, session) for insert in inserts)
    return list(dict.fromkeys(table for table in found if table is not None))


def _only_adds(expression: Expr) -> bool:
    if isinstance(expression, exp.Merge):
        return all(isinstance(when.args.get("then"), exp.Insert) for when in expression.find_all(exp.When))
    if isinstance(expression, exp.Insert):
        return not expression.args.get("overwrite")
    return isinstance(expression, exp.MultitableInserts) and not expression.args.get("overwrite")


def _count(session: Session, table: TableName) -> int:
    """DuckDB knows it without reading the rows."""
    row = session.duck.execute(f"SELECT count(*) FROM {quoted_table(table)}").fetchone()
    return int(row[0]) if row else 0


def _may_touch(session: Session, expression: Expr, rows: Rows) -> bool:
    """Whether a DELETE or UPDATE finds any row; True where looking first would cost as much as doing it."""
    if not isinstance(expression, (exp.Delete, exp.Update)) or len(rows) != 1:
        return True
    if expression.args.get("using") or expression.args.get("from_") or expression.args.get("with_"):
        return True
    look = exp.select(exp.Literal.number(1)).from_(expression.this.copy()).limit(1)
    where = expression.args.get("where")
    marks = 0
    if where is not None:
        look = look.where(where.this.copy())
        marks = len(list(where.find_all(exp.Placeholder)))
    values = rows[0][len(rows[0]) - marks :]
    found = run_on_fakesnow(session, look.sql(dialect="snowflake"), look, [values])
    return found.table is None or found.table.num_rows > 0
