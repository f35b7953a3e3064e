"""Functions about the session and the server that DuckDB does not have, replaced by their values.

https://docs.snowflake.com/en/sql-reference/functions-context
"""

from __future__ import annotations

from fakesnow.transforms import SERVER_VERSION
from sqlglot import Expr, exp

from local.warehouse.sessions import Session

VERSION = f"{SERVER_VERSION} local-warehouse (a stand-in, not Snowflake)"
_NAMES = {
    "CURRENT_ACCOUNT",
    "CURRENT_DATABASE",
    "CURRENT_REGION",
    "CURRENT_ROLE",
    "CURRENT_SCHEMA",
    "CURRENT_SESSION",
    "CURRENT_USER",
    "CURRENT_VERSION",
    "CURRENT_WAREHOUSE",
}


def replace_context_functions(expression: Expr, session: Session) -> Expr:
    """The same statement with literals in place of CURRENT_USER() and its like."""
    values = {
        "CURRENT_ACCOUNT": "LOCAL",
        "CURRENT_DATABASE": session.database,
        "CURRENT_REGION": "LOCAL",
        "CURRENT_ROLE": session.role,
        "CURRENT_SCHEMA": session.schema,
        "CURRENT_SESSION": str(session.id),
        "CURRENT_USER": session.user,
        "CURRENT_VERSION": VERSION,
        "CURRENT_WAREHOUSE": session.warehouse,
    }

    def replace(node: Expr) -> Expr:
        name = _function_name(node)
        if name not in _NAMES:
            return node
        value = exp.Literal.string(values[name]) if values[name] is not None else exp.Null()
        return exp.alias_(value, f"{name}()", quoted=True) if isinstance(node.parent, exp.Select) else value

    return expression.transform(replace)


def mentions_context(statement: str) -> bool:
    """Whether looking closer is worth it."""
    upper = statement.upper()
    return any(name in upper for name in _NAMES)


def _function_name(node: Expr) -> str:
    if isinstance(node, exp.Anonymous):
        return str(node.this).upper()
    return node.sql_name() if isinstance(node, exp.Func) else ""
