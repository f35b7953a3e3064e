"""Functions about the session and the server that DuckDB does not have, replaced by their values.

https://docs.snowflake.com/en/sql-reference/functions-context
"""

from __future__ import annotations

import json
from collections.abc import Callable

from fakesnow.transforms import SERVER_VERSION
from sqlglot import Expr, exp

from local.warehouse.errors import SqlError
from local.warehouse.sessions.sessions import Session

VERSION = f"{SERVER_VERSION} local-warehouse (a stand-in, not Snowflake)"
ACCOUNT = "LOCAL"
_Value = Callable[[Session, str], str | None]
_VALUES: dict[str, _Value] = {
    "CURRENT_ACCOUNT": lambda _session, _text: ACCOUNT,
    "CURRENT_ACCOUNT_NAME": lambda _session, _text: ACCOUNT,
    "CURRENT_CLIENT": lambda session, _text: session.client,
    "CURRENT_DATABASE": lambda session, _text: session.database,
    "CURRENT_IP_ADDRESS": lambda _session, _text: "127.0.0.1",
    "CURRENT_ORGANIZATION_NAME": lambda _session, _text: ACCOUNT,
    "CURRENT_REGION": lambda _session, _text: ACCOUNT,
    "CURRENT_ROLE": lambda session, _text: session.role,
    "CURRENT_ROLE_TYPE": lambda _session, _text: "ROLE",
    "CURRENT_SCHEMA": lambda session, _text: session.schema,
    "CURRENT_SCHEMAS": lambda session, _text: _schemas(session),
    "CURRENT_SECONDARY_ROLES": lambda session, _text: _secondary(session),
    "CURRENT_SESSION": lambda session, _text: str(session.id),
    "CURRENT_STATEMENT": lambda _session, text: text,
    "CURRENT_USER": lambda session, _text: session.user,
    "CURRENT_VERSION": lambda _session, _text: VERSION,
    "CURRENT_WAREHOUSE": lambda session, _text: session.warehouse,
    "INVOKER_ROLE": lambda session, _text: session.role,
}
_NEED_BRACKETS = {"CURRENT_ROLE", "CURRENT_WAREHOUSE", "CURRENT_DATABASE", "CURRENT_SCHEMA"}
_OF_ROLES = {"CURRENT_AVAILABLE_ROLES", "IS_ROLE_IN_SESSION"}


def replace_context_functions(
    expression: Expr, session: Session, text: str, available: frozenset[str], active: frozenset[str]
) -> Expr:
    """The same statement with literals in place of CURRENT_USER() and its like.

    `available` are the roles that the session's user may take, `active` those whose privileges it has.
    """

    def replace(node: Expr) -> Expr:
        name = _function_name(node)
        if isinstance(node, exp.Column) and node.name.upper() in _NEED_BRACKETS and not node.this.quoted:
            raise _invalid_identifier(node.name)
        if name == "IS_ROLE_IN_SESSION" and [type(each) for each in node.expressions] == [exp.Literal]:
            is_in = node.expressions[0].name.upper() in active
            return _named(exp.Boolean(this=is_in), node, name)
        if name == "CURRENT_AVAILABLE_ROLES":
            return _named(exp.Literal.string(json.dumps(sorted(available))), node, name)
        if name not in _VALUES:
            return node
        value = _VALUES[name](session, text)
        return _named(exp.Literal.string(value) if value is not None else exp.Null(), node, name)

    return expression.transform(replace)


def _invalid_identifier(name: str) -> SqlError:
    return SqlError(904, "42000", f"SQL compilation error:\ninvalid identifier '{name.upper()}'")


def _named(value: Expr, node: Expr, name: str) -> Expr:
    return exp.alias_(value, f"{name}()", quoted=True) if isinstance(node.parent, exp.Select) else value


def mentions_context(statement: str) -> bool:
    """Whether looking closer is worth it."""
    upper = statement.upper()
    return any(name in upper for name in (*_VALUES, *_OF_ROLES))


def _function_name(node: Expr) -> str:
    if isinstance(node, exp.Anonymous):
        return str(node.this).upper()
    return node.sql_name() if isinstance(node, exp.Func) else ""


def _schemas(session: Session) -> str:
    """The search path: the current schema of the current database."""
    names = [f'"{session.database}"."{session.schema}"'] if session.database and session.schema else []
    return json.dumps(names)


def _secondary(session: Session) -> str:
    return json.dumps({"roles": "", "value": "ALL" if session.has_secondary_roles else ""})
