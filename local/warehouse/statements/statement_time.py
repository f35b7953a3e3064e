"""CURRENT_TIMESTAMP and its like, replaced by the time at which the statement has started.

It is the warehouse's clock that counts, and a statement done again must give the same values.
https://docs.snowflake.com/en/sql-reference/functions/current_timestamp
"""

from __future__ import annotations

import datetime
import re

from sqlglot import Expr, exp

_MENTIONED = re.compile(
    r"(?i)\b(CURRENT_TIMESTAMP|CURRENT_DATE|CURRENT_TIME|LOCALTIME|LOCALTIMESTAMP|SYSDATE|GETDATE|SYSTIMESTAMP)\b"
)


def mentions_time(statement: str) -> bool:
    """Whether looking closer is worth it."""
    return bool(_MENTIONED.search(statement))


def freeze_time(expression: Expr, now: datetime.datetime) -> Expr:
    """The same statement with the time `now` (UTC) as literals; the defaults of columns are left alone."""

    def replace(node: Expr) -> Expr:
        frozen = _frozen(node, now)
        if frozen is None or node.find_ancestor(exp.ColumnDef) is not None:
            return node
        value, name = frozen
        return exp.alias_(value, name, quoted=True) if isinstance(node.parent, exp.Select) else value

    return expression.transform(replace)


def _frozen(node: Expr, now: datetime.datetime) -> tuple[Expr, str] | None:
    plain = now.replace(tzinfo=None).isoformat(" ", "microseconds")
    if isinstance(node, exp.CurrentTimestamp):
        if node.args.get("sysdate"):
            return exp.cast(exp.Literal.string(plain), "TIMESTAMPNTZ"), "SYSDATE()"
        return exp.cast(exp.Literal.string(f"{plain}+00:00"), "TIMESTAMPLTZ"), "CURRENT_TIMESTAMP()"
    if isinstance(node, exp.Localtimestamp):
        return exp.cast(exp.Literal.string(f"{plain}+00:00"), "TIMESTAMPLTZ"), "LOCALTIMESTAMP()"
    if isinstance(node, exp.CurrentDate):
        return exp.cast(exp.Literal.string(plain[:10]), "DATE"), "CURRENT_DATE()"
    if isinstance(node, (exp.CurrentTime, exp.Localtime)):
        return exp.cast(exp.Literal.string(plain[11:]), "TIME"), "CURRENT_TIME()"
    return None
