"""AT (…) and BEFORE (…) in a statement, replaced by where the rows of that time lie.

https://docs.snowflake.com/en/sql-reference/constructs/at-before
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fakesnow.dialect import parse_one
from sqlglot import Expr, exp

from local.warehouse.clock import Clock
from local.warehouse.errors import does_not_exist, unsupported
from local.warehouse.sessions.query_history import HistoryEntry
from local.warehouse.sessions.sessions import Session
from local.warehouse.tables import column_limits, past_states, table_catalog
from local.warehouse.tables.past_states import PastState
from local.warehouse.tables.time_points import PointReader

Rows = Sequence[tuple[Any, ...]]


def travels(expression: Expr) -> bool:
    """Whether a statement reads the past."""
    return any(table.args.get("when") for table in expression.find_all(exp.Table))


def in_the_present(expression: Expr) -> Expr:
    """The same statement over the tables as they are, which have the same columns."""
    for table in expression.find_all(exp.Table):
        table.set("when", None)
    return expression


class TimeTravel:
    """Knows the query history, by which statements name points in time."""

    def __init__(self, clock: Clock, entry: Callable[[str], HistoryEntry | None]) -> None:
        self._clock = clock
        self._entry = entry

    def rewritten(self, session: Session, expression: Expr, rows: Rows) -> tuple[Expr, Rows]:
        """The statement over the rows of that time, and the bound values that it still takes.

        Call it in the DuckDB transaction in which the statement then runs. Raises SqlError for a point that is
        not known, 000707 for one that is beyond the retention of the table or before its creation.
        """
        if not travels(expression):
            return expression, rows
        expression = expression.copy()
        values, kept = _clause_values(expression, rows)
        for table in list(expression.find_all(exp.Table)):
            if table.args.get("when") is not None:
                state = self.state(session, table, values)
                table.replace(_rows_of(table, state))
        return expression, kept

    def state(self, session: Session, table: exp.Table, values: dict[int, Any]) -> PastState:
        """Where the rows of a table with AT or BEFORE lie; `values` by the id() of their placeholders."""
        reader = PointReader(session, self._clock, self._entry, lambda mark: values.get(id(mark)))
        point = reader.read(table.args["when"])
        name = column_limits.table_name(table, session)
        record = table_catalog.find(session.duck, name)
        if record is None:
            if column_limits.columns_of(session.duck, name):
                raise unsupported("time travel of anything but a table")
            raise does_not_exist("Object", ".".join(name))
        return past_states.state_at(session.duck, record, point, self._clock)


def _clause_values(expression: Expr, rows: Rows) -> tuple[dict[int, Any], Rows]:
    """The values bound inside the clauses, by the id() of their placeholder, and the rows without them."""
    marks = list(expression.find_all(exp.Placeholder, bfs=False))
    inside = [mark.find_ancestor(exp.HistoricalData) is not None for mark in marks]
    if not any(inside):
        return {}, rows
    if len(rows) != 1:
        raise unsupported("an array of bound values in AT or BEFORE")
    values = {id(mark): value for mark, value in zip(marks, rows[0], strict=True)}
    kept = tuple(value for value, is_inside in zip(rows[0], inside, strict=True) if not is_inside)
    return values, [kept]


def _rows_of(table: exp.Table, state: PastState) -> Expr:
    query = parse_one(state.sql())
    alias = table.args.get("alias")
    if alias is None or alias.this is None:
        columns = alias.args.get("columns") if alias is not None else None
        alias = exp.TableAlias(this=table.this.copy(), columns=columns)
    kept = {name: table.args[name] for name in ("joins", "laterals", "pivots") if table.args.get(name)}
    return exp.Subquery(this=query, alias=alias, **kept)
