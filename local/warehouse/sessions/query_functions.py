"""Functions about the session's queries and transaction, replaced by their values before a statement runs.

https://docs.snowflake.com/en/sql-reference/functions/last_query_id
https://docs.snowflake.com/en/sql-reference/functions/current_transaction
"""

from __future__ import annotations

import re

from sqlglot import Expr, exp

from local.warehouse.errors import syntax_error
from local.warehouse.sessions.queries import QueryRegistry
from local.warehouse.sessions.sessions import Session

_MENTIONED = re.compile(r"(?i)\b(LAST_QUERY_ID|CURRENT_TRANSACTION)\b")


def mentions_queries(statement: str) -> bool:
    """Whether looking closer is worth it."""
    return bool(_MENTIONED.search(statement))


def query_id_at(queries: QueryRegistry, session: Session, index: int) -> str | None:
    """The query at a place in the session: 1 is its first, -1 the one before the statement that asks."""
    before = [query.id for query in queries.of_session(session.id) if query.id != session.query_id]
    place = index - 1 if index > 0 else len(before) + index
    return before[place] if index and 0 <= place < len(before) else None


def replace_query_functions(expression: Expr, session: Session, queries: QueryRegistry) -> Expr:
    """The same statement with literals in place of LAST_QUERY_ID(…) and CURRENT_TRANSACTION()."""

    def replace(node: Expr) -> Expr:
        if isinstance(node, exp.CurrentTransaction):
            transaction = session.transaction
            value = str(transaction.id) if transaction.is_open else None
            return _literal(value, "CURRENT_TRANSACTION()", node)
        if isinstance(node, exp.Anonymous) and str(node.this).upper() == "LAST_QUERY_ID":
            index = _index(node.expressions)
            return _literal(query_id_at(queries, session, index), "LAST_QUERY_ID()", node)
        return node

    return expression.transform(replace)


def _index(arguments: list[Expr]) -> int:
    if not arguments:
        return -1
    text = arguments[0].sql()
    if len(arguments) > 1 or not re.fullmatch(r"-?\d+", text):
        raise syntax_error(f"invalid argument '{text}' of function 'LAST_QUERY_ID'.")
    return int(text)


def _literal(value: str | None, name: str, node: Expr) -> Expr:
    literal = exp.Literal.string(value) if value is not None else exp.cast(exp.Null(), "VARCHAR")
    return exp.alias_(literal, name, quoted=True) if isinstance(node.parent, exp.Select) else literal
