"""Functions that a loader's reconciliation calls and that fakesnow or DuckDB lacks, put in other words.

HASH and HASH_AGG give other numbers than Snowflake's (deviation); they are stable, and HASH_AGG does not depend on
the order of rows. https://docs.snowflake.com/en/sql-reference/functions-hash
"""

from __future__ import annotations

import re

import duckdb
from sqlglot import Expr, exp

from local.warehouse.errors import SqlError, unsupported

_SIGNED = "local_warehouse_signed"
_TOTAL = "local_warehouse_total"
_DISTINCT_TOTAL = "local_warehouse_distinct_total"
_TRY_TIMESTAMP = "local_warehouse_try_timestamp"
_MOMENTS = (exp.DataType.Type.TIMESTAMPNTZ, exp.DataType.Type.TIMESTAMP)
_WRAP = "18446744073709551616"
_MENTIONS = re.compile(
    r"(?i)\b(DATE_TRUNC|HASH|HASH_AGG|RATIO_TO_REPORT|OCTET_LENGTH|MD5_NUMBER_(LOWER|UPPER)64|"
    r"TRY_CAST|TRY_TO_TIMESTAMP(_NTZ|_LTZ)?|TO_TIMESTAMP(_NTZ|_LTZ|_TZ)?)\s*\("
)


def prepare_connection(connection: duckdb.DuckDBPyConnection) -> None:
    """Give a new session the macro that the rewritten statements call."""
    connection.execute(
        f"CREATE TEMP MACRO {_SIGNED}(number) AS CASE WHEN number >= 9223372036854775808 "
        f"THEN (number::HUGEINT - {_WRAP})::BIGINT ELSE number::BIGINT END"
    )
    connection.execute(f"CREATE TEMP MACRO {_TRY_TIMESTAMP}(moment) AS TRY_CAST(moment AS TIMESTAMP)")
    for name, what in ((_TOTAL, "numbers"), (_DISTINCT_TOTAL, "DISTINCT numbers")):
        connection.execute(
            f"CREATE TEMP MACRO {name}(numbers) AS coalesce(sum({what})::HUGEINT % {_WRAP}, 0)"
        )


def mentions_functions(statement: str) -> bool:
    """Whether looking closer is worth it."""
    return _MENTIONS.search(statement) is not None


def rewrite_functions(expression: Expr) -> Expr:
    """The same statement with these functions in DuckDB's words."""
    root = expression.copy()
    for node in reversed(list(root.walk(bfs=False))):
        changed = _rewritten(node)
        if changed is node:
            continue
        if node is root:
            return changed
        node.replace(changed)
    return root


def _rewritten(node: Expr) -> Expr:
    if isinstance(node, exp.Window):
        return _window(node)
    if isinstance(node, exp.HashAgg):
        return _hash_agg(node)
    if isinstance(node, (exp.DateTrunc, exp.TimestampTrunc)) and _is_date(node.this):
        return exp.cast(node.copy(), "DATE")
    if isinstance(node, (exp.MD5NumberLower64, exp.MD5NumberUpper64)):
        name = "md5_number_lower" if isinstance(node, exp.MD5NumberLower64) else "md5_number_upper"
        return exp.Anonymous(this=name, expressions=[exp.cast(node.this, "VARCHAR")])
    if isinstance(node, exp.TryCast) and node.to.this in _MOMENTS:
        return exp.Anonymous(this=_TRY_TIMESTAMP, expressions=[node.this.copy()])
    if isinstance(node, exp.StrToTime) and '"' in node.args["format"].name:
        node.set("format", exp.Literal.string(re.sub(r'"([^"]*)"', r"\1", node.args["format"].name)))
        return node
    if isinstance(node, exp.ByteLength):
        return exp.Anonymous(this="STRLEN", expressions=[exp.cast(node.this, "VARCHAR")])
    if not isinstance(node, exp.Anonymous):
        return node
    name = str(node.this).upper()
    if name == "HASH":
        return _signed(exp.Anonymous(this="HASH", expressions=_hashed(node, node.expressions)))
    return node


def _is_date(value: Expr) -> bool:
    """Whether an expression says by itself that it is a date; a column does not."""
    return isinstance(value, (exp.TsOrDsToDate, exp.CurrentDate)) or (
        isinstance(value, exp.Cast) and value.to.is_type(exp.DataType.Type.DATE)
    )


def _signed(number: Expr) -> Expr:
    return exp.Anonymous(this=_SIGNED, expressions=[number])


def _hash_agg(node: exp.HashAgg) -> Expr:
    """The sum of the rows' hashes in 64 bits: the order of rows does not matter, their number does."""
    values = [node.this, *node.expressions]
    is_distinct = isinstance(node.this, exp.Distinct)
    if is_distinct:
        values = list(node.this.expressions)
    hashed = exp.Anonymous(this="HASH", expressions=_hashed(node, values))
    total = _DISTINCT_TOTAL if is_distinct else _TOTAL
    return _signed(exp.Anonymous(this=total, expressions=[hashed]))


def _hashed(node: Expr, values: list[Expr]) -> list[Expr]:
    """What is hashed; a star is the whole rows of the FROM clause."""
    if not any(isinstance(value, exp.Star) for value in values):
        return [_row_or_value(value) for value in values]
    select = node.find_ancestor(exp.Select)
    start = select.args.get("from_") or select.args.get("from") if select is not None else None
    if select is None or start is None or len(values) != 1:
        raise unsupported("HASH(*) beside other arguments or without FROM")
    sources = [start.this, *(join.this for join in select.args.get("joins") or [])]
    return [exp.column(_alias(source)) for source in sources]


def _row_or_value(value: Expr) -> Expr:
    """`t.*` is the whole row of t, which DuckDB calls t."""
    is_row = isinstance(value, exp.Column) and isinstance(value.this, exp.Star)
    return exp.column(value.args["table"].copy()) if is_row else value.copy()


def _alias(source: Expr) -> exp.Identifier:
    alias = source.args.get("alias")
    if alias is not None and alias.this is not None:
        return alias.this.copy()  # type: ignore[no-any-return]
    if isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier):
        return source.this.copy()
    raise SqlError(2, "0A000", "The local warehouse takes HASH(*) of tables and of queries with a name only.")


def _window(window: exp.Window) -> Expr:
    """RATIO_TO_REPORT(x) OVER (…) is x divided by its sum over the window, NULL when that is 0."""
    function = window.this
    if not (isinstance(function, exp.Anonymous) and str(function.this).upper() == "RATIO_TO_REPORT"):
        return window
    (value,) = function.expressions
    total = window.copy()
    total.set("this", exp.Sum(this=value.copy()))
    divisor = exp.Nullif(this=total, expression=exp.Literal.number(0))
    return exp.Div(this=exp.cast(value.copy(), "DOUBLE"), expression=divisor, typed=False, safe=False)
