"""Tables that a statement reads and that lie in no database: the query history and results of earlier queries.

Each TABLE(f(…)) of such a function is replaced by a view of the session's connection while the statement runs.
https://docs.snowflake.com/en/sql-reference/functions/result_scan
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow.lib as pa
from sqlglot import Expr, exp

from local.warehouse import query_history
from local.warehouse.clock import Clock
from local.warehouse.errors import SqlError, unsupported
from local.warehouse.queries import QueryRegistry
from local.warehouse.query_functions import query_id_at
from local.warehouse.query_history import Asking
from local.warehouse.sessions import Session

Rows = Sequence[tuple[Any, ...]]


@dataclass(frozen=True)
class _Reading:
    """A statement that reads virtual tables, being rewritten."""

    session: Session
    expression: Expr
    values: tuple[Any, ...]

    def value(self, expression: Expr) -> Any:
        """The value of a constant expression, which may hold bound values."""
        marks = [id(mark) for mark in self.expression.find_all(exp.Placeholder, bfs=False)]
        inside = {id(mark) for mark in expression.find_all(exp.Placeholder)}
        values = [value for mark, value in zip(marks, self.values, strict=True) if mark in inside]
        cursor = self.session.connection.cursor()
        query = exp.select(exp.alias_(expression.copy(), "VALUE")).sql(dialect="snowflake")
        cursor.execute(query, binding_params=values or None, server=True)
        row = cursor.fetchone()
        return row[0] if isinstance(row, tuple) else None


class VirtualTables:
    """Gives statements their virtual tables."""

    def __init__(self, queries: QueryRegistry, clock: Clock) -> None:
        self._queries = queries
        self._clock = clock

    @contextlib.contextmanager
    def given(self, session: Session, expression: Expr, rows: Rows) -> Iterator[Rows]:
        """Rewrite a statement in place; gives the bound values that are left in it. The views live in the block.

        Raises SqlError for arguments that the functions do not take, and 000709 for a result that is not kept.
        """
        sources = [source for source in expression.find_all(exp.TableFromRows) if _is_virtual(source)]
        kept = _marks_outside(expression, sources)
        reading = _Reading(session, expression, tuple(rows[0]) if rows else ())
        tables = [self._table(source, reading) for source in sources]
        views = [f"LOCAL_WAREHOUSE_VIRTUAL_{threading.get_ident()}_{number}" for number in range(len(tables))]
        for source, view, table in zip(sources, views, tables, strict=True):
            source.replace(_view(view, source.args.get("alias")))
            session.duck.register(view, table)
        try:
            yield [tuple(v for v, is_kept in zip(row, kept, strict=True) if is_kept) for row in rows]
        finally:
            for view in views:
                session.duck.unregister(view)

    def _table(self, source: exp.TableFromRows, reading: _Reading) -> pa.Table:
        session = reading.session
        history = query_history.history_function(source)
        if history is not None:
            now = self._clock.now()
            asking = Asking(session.user, session.id, session.warehouse, now, reading.value)
            return query_history.selected(history, self._queries.entries(), asking)
        scan = _result_scan(source)
        arguments = scan.expressions if scan is not None else []
        if len(arguments) > 1:
            raise unsupported("RESULT_SCAN with more than one argument")
        wanted = reading.value(arguments[0]) if arguments else -1
        if not isinstance(wanted, str):
            wanted = query_id_at(self._queries, session, int(wanted or 0)) or ""
        found = self._queries.kept_result(wanted, session.user).table
        if found is None:
            raise SqlError(709, "02000", f"Statement {wanted} not found")
        return found


def _is_virtual(source: exp.TableFromRows) -> bool:
    return query_history.history_function(source) is not None or _result_scan(source) is not None


def _result_scan(source: exp.TableFromRows) -> exp.Anonymous | None:
    call = source.this
    is_scan = isinstance(call, exp.Anonymous) and str(call.this).upper() == "RESULT_SCAN"
    return call if is_scan else None


def _marks_outside(expression: Expr, sources: list[exp.TableFromRows]) -> list[bool]:
    inside = {id(mark) for source in sources for mark in source.find_all(exp.Placeholder)}
    return [id(mark) not in inside for mark in expression.find_all(exp.Placeholder, bfs=False)]


def _view(name: str, alias: Any) -> exp.Table:
    return exp.Table(
        this=exp.to_identifier(name),
        db=exp.to_identifier("main"),
        catalog=exp.to_identifier("temp"),
        alias=alias,
    )
