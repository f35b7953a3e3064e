"""Which tables a statement reads and writes, and whether doing it again does the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlglot import Expr, exp

from local.warehouse.errors import SqlError
from local.warehouse.results import Result
from local.warehouse.sessions.sessions import Session
from local.warehouse.tables import column_limits
from local.warehouse.transactions.replay_log import Write
from local.warehouse.transactions.table_changes import TableName

_RANDOM = (exp.Rand, exp.Uuid, exp.NextValueFor)
_RANDOM_NAMES = {"RANDSTR", "UNIFORM", "NORMAL", "ZIPF", "SEQ1", "SEQ2", "SEQ4", "SEQ8", "NEXTVAL"}


def tables_of(expression: Expr, session: Session) -> set[TableName]:
    """Every table that a statement names; names of its own WITH clauses may be among them."""
    return {name for table in expression.find_all(exp.Table) if (name := _name(table, session))}


def defined_tables(expression: Expr, session: Session) -> set[TableName]:
    """The tables that a definition makes, changes or drops; not those that it copies."""
    nodes = [expression.this, *expression.expressions]
    for name in ("tables", "actions"):
        nodes += expression.args.get(name) or []
    return set().union(*(tables_of(node, session) for node in nodes if isinstance(node, Expr)))


def write_of(
    expression: Expr,
    session: Session,
    rows: Sequence[tuple[Any, ...]],
    action: Callable[[], Result],
) -> Write:
    """What the transaction has to know of an INSERT, UPDATE, DELETE or MERGE."""
    target = column_limits.written_table(expression, session)
    named = [_name(table, session) for table in expression.find_all(exp.Table)]
    is_insert = isinstance(expression, exp.Insert) and not expression.args.get("overwrite")
    return Write(
        action,
        target,
        sources=frozenset(name for name in named if name and name != target),
        is_appending=is_insert and named.count(target) == 1,
        is_repeatable=target is not None and not _is_random(expression),
        size_bytes=sum(len(str(value)) + 50 for row in rows for value in row) + 1_000,
    )


def _name(table: exp.Table, session: Session) -> TableName | None:
    if not table.name:
        return None
    try:
        return column_limits.table_name(table, session)
    except SqlError:
        return None


def _is_random(expression: Expr) -> bool:
    for node in expression.walk():
        if isinstance(node, _RANDOM) or (isinstance(node, exp.Column) and node.name.upper() == "NEXTVAL"):
            return True
        if isinstance(node, exp.Anonymous) and str(node.this).upper() in _RANDOM_NAMES:
            return True
        if isinstance(node, (exp.TableFromRows, exp.TableSample)):
            return True
    return False
