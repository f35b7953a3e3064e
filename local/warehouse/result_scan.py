"""TABLE(RESULT_SCAN('id')) as a source of a query: the result of an earlier one, read like a table.

https://docs.snowflake.com/en/sql-reference/functions/result_scan
"""

from __future__ import annotations

from collections.abc import Callable

import pyarrow.lib as pa
from sqlglot import Expr, exp

from local.warehouse.errors import SqlError
from local.warehouse.sessions import Session

_VIEW = "LOCAL_WAREHOUSE_RESULT_"


def replace_result_scans(
    expression: Expr, session: Session, result_of: Callable[[str], pa.Table | None]
) -> Expr:
    """The same statement over views of these results; the views of the session's statement before are dropped.

    Raises SqlError 000709 when there is no such query or its result is no longer kept.
    """
    _drop_views(session)
    changed = expression.copy()
    for number, source in enumerate(list(changed.find_all(exp.TableFromRows))):
        query_id = _query_id(source)
        if query_id is None:
            continue
        found = result_of(query_id)
        if found is None:
            raise SqlError(709, "02000", f"Statement {query_id} not found")
        session.duck.register(f"{_VIEW}{number}", found)
        source.replace(
            exp.Table(
                this=exp.to_identifier(f"{_VIEW}{number}"),
                db=exp.to_identifier("main"),
                catalog=exp.to_identifier("temp"),
                alias=source.args.get("alias"),
            )
        )
    return changed


def _query_id(source: exp.TableFromRows) -> str | None:
    call = source.this
    if not isinstance(call, exp.Anonymous) or str(call.this).upper() != "RESULT_SCAN":
        return None
    argument = call.expressions[0] if call.expressions else exp.Null()
    return argument.name if isinstance(argument, exp.Literal) else ""


def _drop_views(session: Session) -> None:
    query = "SELECT view_name FROM duckdb_views() WHERE starts_with(view_name, ?)"
    for (name,) in session.duck.execute(query, [_VIEW]).fetchall():
        session.duck.unregister(name)
