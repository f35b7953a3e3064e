"""The point in the past that AT (…) or BEFORE (…) names.

https://docs.snowflake.com/en/sql-reference/constructs/at-before
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlglot import Expr, exp

from local.warehouse.clock import Clock
from local.warehouse.errors import SqlError, unsupported
from local.warehouse.sessions.query_history import HistoryEntry
from local.warehouse.sessions.sessions import Session

STATEMENT_DAYS = 14
_CONSTANT = "A time travel {} must be a constant"


@dataclass(frozen=True)
class TimePoint:
    """A moment; `query_id` is set when it was named by a statement. AT includes what happened in it."""

    moment: datetime.datetime
    is_inclusive: bool
    query_id: str | None = None


class PointReader:
    """Reads the clauses of one session's statement; `value_of` gives the bound value of a placeholder."""

    def __init__(
        self,
        session: Session,
        clock: Clock,
        entry: Callable[[str], HistoryEntry | None],
        value_of: Callable[[exp.Placeholder], Any],
    ) -> None:
        self._session = session
        self._clock = clock
        self._entry = entry
        self._value_of = value_of

    def read(self, clause: exp.HistoricalData) -> TimePoint:
        """The point; raises SqlError when there is no such statement or no such time."""
        is_inclusive = str(clause.this).upper() == "AT"
        kind = str(clause.args["kind"]).upper()
        if kind == "STATEMENT":
            return self._statement(clause.expression, is_inclusive)
        if kind == "OFFSET":
            seconds = self._number(clause.expression)
            return TimePoint(self._clock.now() + datetime.timedelta(seconds=seconds), is_inclusive)
        if kind == "TIMESTAMP":
            return TimePoint(self._moment(clause.expression), is_inclusive)
        raise unsupported(f"time travel by {kind}")

    def _statement(self, expression: Expr, is_inclusive: bool) -> TimePoint:
        query_id = self._query_id(expression)
        entry = self._entry(query_id)
        oldest = self._clock.now() - datetime.timedelta(days=STATEMENT_DAYS)
        if entry is None or entry.end_time is None or entry.start_time < oldest:
            raise SqlError(709, "02000", f"Statement {query_id} not found")
        return TimePoint(entry.end_time, is_inclusive, query_id)

    def _query_id(self, expression: Expr) -> str:
        if isinstance(expression, exp.Placeholder):
            return str(self._value_of(expression))
        if isinstance(expression, exp.Literal) and expression.is_string:
            return expression.name
        raise unsupported(f"time travel by the statement {expression.sql(dialect='snowflake')}")

    def _number(self, expression: Expr) -> float:
        value = self._evaluated(expression)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            try:
                return float(str(value))
            except ValueError:
                raise _not_constant("OFFSET", expression) from None
        return float(value)

    def _moment(self, expression: Expr) -> datetime.datetime:
        value = self._evaluated(expression)
        if isinstance(value, str):
            value = self._evaluated(exp.cast(exp.Literal.string(value), "TIMESTAMPTZ"))
        if not isinstance(value, datetime.datetime):
            raise _not_constant("TIMESTAMP", expression)
        return value if value.tzinfo else value.replace(tzinfo=datetime.UTC)

    def _evaluated(self, expression: Expr) -> Any:
        """The value of a constant expression."""
        if expression.find(exp.Column, exp.Query):
            raise _not_constant("point", expression)

        def constant(node: Expr) -> Expr:
            return exp.convert(self._value_of(node)) if isinstance(node, exp.Placeholder) else node

        sql = exp.select(expression.copy().transform(constant)).sql(dialect="snowflake")
        row = self._session.connection.cursor().execute(sql).fetchone()
        return next(iter(row.values() if isinstance(row, dict) else row), None) if row else None


def _not_constant(what: str, expression: Expr) -> SqlError:
    shown = expression.sql(dialect="snowflake")
    return SqlError(2287, "22023", f"SQL compilation error:\n{_CONSTANT.format(what)}, not {shown}")
