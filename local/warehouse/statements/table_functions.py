"""Table functions that the layer answers: TABLE(f(…)) in a statement becomes a view while the statement runs.

https://docs.snowflake.com/en/sql-reference/functions-table
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow.lib as pa
from sqlglot import Expr, exp

from local.warehouse.errors import SqlError
from local.warehouse.sessions.sessions import Session

Rows = Sequence[tuple[Any, ...]]


@dataclass(frozen=True)
class Call:
    """One call in a statement; `named` are the arguments written NAME => value, by their names in upper case."""

    name: str
    session: Session
    source: exp.TableFromRows
    positional: tuple[Expr, ...]
    named: Mapping[str, Expr]
    statement: Expr
    values: tuple[Any, ...]

    def value(self, expression: Expr) -> Any:
        """The value of a constant expression, which may hold bound values."""
        marks = [id(mark) for mark in self.statement.find_all(exp.Placeholder, bfs=False)]
        inside = {id(mark) for mark in expression.find_all(exp.Placeholder)}
        values = [value for mark, value in zip(marks, self.values, strict=True) if mark in inside]
        cursor = self.session.connection.cursor()
        query = exp.select(exp.alias_(expression.copy(), "VALUE")).sql(dialect="snowflake")
        cursor.execute(query, binding_params=values or None, server=True)
        row = cursor.fetchone()
        return row[0] if isinstance(row, tuple) else None

    def unexpected(self, argument: str) -> SqlError:
        """The error for an argument that the function does not have."""
        return SqlError(
            1003, "42000", f"SQL compilation error:\ninvalid argument '{argument}' of {self.name}."
        )


Answer = Callable[[Call], pa.Table]


class TableFunctions:
    """The functions by name, in upper case."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self._answers = answers

    @contextlib.contextmanager
    def given(self, session: Session, expression: Expr, rows: Rows) -> Iterator[Rows]:
        """Rewrite a statement in place; gives the bound values left in it. The views live in the block."""
        calls = [call for call in _calls(session, expression, rows) if call.name in self._answers]
        inside = {id(mark) for call in calls for mark in call.source.find_all(exp.Placeholder)}
        kept = [id(mark) not in inside for mark in expression.find_all(exp.Placeholder, bfs=False)]
        tables = [self._answers[call.name](call) for call in calls]
        views = [f"LOCAL_WAREHOUSE_TABLE_{threading.get_ident()}_{number}" for number in range(len(calls))]
        for call, view, table in zip(calls, views, tables, strict=True):
            call.source.replace(_view(view, call.source.args.get("alias")))
            session.duck.register(view, table)
        try:
            yield (
                [tuple(v for v, is_kept in zip(row, kept, strict=True) if is_kept) for row in rows]
                if calls
                else rows
            )
        finally:
            for view in views:
                session.duck.unregister(view)


def has_table_function(expression: Expr) -> bool:
    """Whether a statement reads from any TABLE(…)."""
    return expression.find(exp.TableFromRows) is not None


def _calls(session: Session, expression: Expr, rows: Rows) -> Iterator[Call]:
    for source in expression.find_all(exp.TableFromRows):
        function = _function_of(source)
        if function is None:
            continue
        arguments = function.expressions
        named = {
            argument.this.name.upper(): argument.expression
            for argument in arguments
            if isinstance(argument, exp.Kwarg)
        }
        positional = tuple(argument for argument in arguments if not isinstance(argument, exp.Kwarg))
        values = tuple(rows[0]) if rows else ()
        yield Call(str(function.this).upper(), session, source, positional, named, expression, values)


def _function_of(source: exp.TableFromRows) -> exp.Anonymous | None:
    """The function of a TABLE(a.b.f(…)) source."""
    called = source.this
    while isinstance(called, exp.Dot):
        called = called.expression
    return called if isinstance(called, exp.Anonymous) else None


def _view(name: str, alias: Any) -> exp.Table:
    return exp.Table(
        this=exp.to_identifier(name),
        db=exp.to_identifier("main"),
        catalog=exp.to_identifier("temp"),
        alias=alias,
    )
