"""An expression as Snowflake's SQL over a table, whose columns have types.

The meaning is that of `duckdb_text` over the file: numbers are NUMBER(38, 10), only a quotient is a FLOAT, a
division by zero and a text that cannot be read are NULL. A column of the type that it is read as is taken as it
is; any other one is written as a text in the feed's formats first, and that is read. Null markers are NULL in the
table.
Sources: docs.snowflake.com/en/sql-reference/functions/try_cast (texts only), …/functions/regexp_like (anchored),
…/functions-regexp (POSIX), …/functions/year (DAYOFWEEK follows WEEK_START, DAYOFWEEKISO does not).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import cast as typed

from sfetl_provider.core.column_type import ColumnType
from sfetl_provider.core.expression.bound_sql import BoundSql, filled, joined
from sfetl_provider.core.expression.tree import (
    PRECISION,
    SCALE,
    Aggregate,
    Cast,
    Column,
    Constant,
    Fact,
    FactName,
    Kind,
    Node,
    Operation,
    strict_casts,
)
from sfetl_provider.core.identifiers import quote_identifier, quote_literal

_NUMBER = f"NUMBER({PRECISION}, {SCALE})"
_TYPES: dict[Kind, str] = {"number": _NUMBER, "date": "DATE", "timestamp": "TIMESTAMP_NTZ"}
_TEMPLATES = {
    "and": "({} AND {})",
    "or": "({} OR {})",
    "not": "(NOT {})",
    "between": "({} BETWEEN {} AND {})",
    "like": "({} LIKE {})",
    "is_null": "({} IS NULL)",
    "*": f"CAST({{}} * {{}} AS {_NUMBER})",
    "/": "(CAST({} AS FLOAT) / NULLIF({}, 0))",
    "%": "MOD({}, NULLIF({}, 0))",
    "negative": "(-{})",
    "dayofweek": "MOD(DAYOFWEEKISO({}), 7)",
    **{sign: f"({{}} {sign} {{}})" for sign in ("=", "<>", "<", "<=", ">", ">=", "+", "-")},
}
_PARTS: dict[str, tuple[str, ...]] = {
    "count_all": ("COUNT(*)",),
    "count": ("COUNT({})",),
    "count_if": ("COUNT(CASE WHEN {} THEN 1 END)",),
    "sum": ("SUM({})",),
    "avg": ("SUM({})", "COUNT({})"),
    "min": ("MIN({})",),
    "max": ("MAX({})",),
    "stddev": ("COUNT({})", "AVG(CAST({} AS FLOAT))", "VAR_POP(CAST({} AS FLOAT))"),
    "median": ("MEDIAN({})",),
    "count_distinct": ("COUNT(DISTINCT {})",),
}
_OTHER = ColumnType("other", "VARIANT")
# An escaped character, a class in brackets, a group that captures nothing, a reluctant quantifier.
_PATTERN_PARTS = re.compile(r"\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|\(\?:|([*+?}])\?", re.DOTALL)


@dataclass(frozen=True)
class TableNames:
    """What the SQL says of a table: its columns' types, the feed's formats by kind, facts.

    A fact that differs by row is given as SQL. `stored_as` names columns that the table calls otherwise than the
    expressions do.
    """

    columns: Mapping[str, ColumnType]
    formats: Mapping[str, str]
    facts: Mapping[FactName, str | date | int | BoundSql]
    stored_as: Mapping[str, str] = field(default_factory=dict)

    def quoted(self, name: str) -> str:
        """Give the table's own name of a column, quoted."""
        return quote_identifier(self.stored_as.get(name, name))


@dataclass(frozen=True)
class TableText:
    """Writes expressions over one table."""

    names: TableNames

    def text(self, node: Node) -> BoundSql:
        """Give the SQL of one row's value."""
        match node:
            case Column():
                return BoundSql(self.names.quoted(node.name))
            case Constant():
                return _constant(node.value, node.kind)
            case Fact():
                return _fact(self.names.facts[node.name], node.kind)
            case Cast(operand=Column() as column):
                return self._column(column, node)
            case Cast():
                return self._cast(node)
            case Operation():
                return self._operation(node)
            case Aggregate():
                raise TypeError(f"{node.name} is no value of one row: ask for its parts")

    def unreadable(self, node: Node) -> BoundSql | None:
        """Give the condition that a value is there that a strict cast cannot read; None when none can be."""
        tests = [
            filled("({} IS NOT NULL AND {} IS NULL)", self.text(cast.operand), self.text(cast))
            for cast in strict_casts(node)
            if not self._is_sure(cast)
        ]
        return filled("({})", joined(" OR ", tests)) if tests else None

    def violated(self, condition: Node) -> BoundSql:
        """Give the condition that a row breaks a rule: it is false, or a value cannot be read; NULL is met."""
        failed = filled("COALESCE(NOT {}, FALSE)", self.text(condition))
        unreadable = self.unreadable(condition)
        return filled("({} OR {})", failed, unreadable) if unreadable else failed

    def parts(self, aggregate: Aggregate) -> list[BoundSql]:
        """Give the SQL of what is needed of an aggregate; `evaluate.join` makes one of those of several groups."""
        operands = [self.text(operand) for operand in aggregate.operands]
        return [filled(part, *operands) for part in _PARTS[aggregate.name]]

    def as_text(self, name: str) -> BoundSql:
        """Give a column's value as a text, in the feed's format for its type."""
        column, column_type = self.names.quoted(name), self._type(name)
        if column_type.kind == "text":
            return BoundSql(column)
        form = self.names.formats.get(column_type.kind)
        return BoundSql(f"TO_VARCHAR({column}, {quote_literal(form)})" if form else f"TO_VARCHAR({column})")

    def _type(self, name: str) -> ColumnType:
        return self.names.columns.get(name, _OTHER)

    def _is_sure(self, cast: Cast) -> bool:
        """Tell whether every value that is there can be read as what it is cast to."""
        if not isinstance(cast.operand, Column):
            return False
        found = self._type(cast.operand.name)
        if cast.kind == "number":
            return found.kind == "number" and _fits(found, cast)
        return cast.kind in ("date", "timestamp") and found.kind in ("date", "timestamp")

    def _column(self, column: Column, cast: Cast) -> BoundSql:
        value, found = self.text(column), self._type(column.name)
        if cast.kind == "text":
            return self.as_text(column.name)
        if self._is_sure(cast):
            is_same = found.kind == cast.kind == "date"
            return value if is_same else filled(f"CAST({{}} AS {_sized(cast)})", value)
        if cast.kind == "number" and found.kind in ("number", "float", "decfloat"):
            is_finer = found.kind != "number" or found.scale > cast.scale
            return _resized(value, cast, is_rounded=is_finer)
        return self._read(self.as_text(column.name), cast)

    def _cast(self, cast: Cast) -> BoundSql:
        operand, kind = self.text(cast.operand), cast.operand.kind
        if cast.kind == "text":
            return operand
        if kind in ("text", "null"):
            return self._read(operand, cast)
        if cast.kind == "number":
            return _resized(operand, cast, is_rounded=True)
        return filled(f"CAST({{}} AS {_sized(cast)})", operand)

    def _read(self, text: BoundSql, cast: Cast) -> BoundSql:
        if cast.kind == "number":
            return filled(f"TRY_CAST({{}} AS {_sized(cast)})", text)
        function = "TRY_TO_DATE" if cast.kind == "date" else "TRY_TO_TIMESTAMP_NTZ"
        return filled(f"{function}({{}}, {{}})", text, BoundSql(quote_literal(self.names.formats[cast.kind])))

    def _operation(self, operation: Operation) -> BoundSql:
        operands = [self.text(operand) for operand in operation.operands]
        match operation.name:
            case "in":
                return filled("({} IN ({}))", operands[0], joined(", ", operands[1:]))
            case "case":
                branches = " ".join(["WHEN {} THEN {}"] * (len(operands) // 2))
                return filled(f"CASE {branches} ELSE {{}} END", *operands)
            case "regexp_like":
                return filled("REGEXP_LIKE({}, {})", operands[0], _pattern(operation.operands[1]))
            case "round":
                return filled(f"ROUND({{}}, {_places(operation.operands[1])})", operands[0])
            case "days_after" | "days_before":
                sign = "-" if operation.name == "days_before" else ""
                return filled(
                    f"CAST(DATEADD(DAY, {sign}CAST({{}} AS INTEGER), {{}}) AS DATE)", *operands[::-1]
                )
            case "days_between":
                return filled("DATEDIFF(DAY, {}, {})", *operands[::-1])
            case "coalesce" if len(operands) == 1:
                return operands[0]
            case name if name in _TEMPLATES:
                return filled(_TEMPLATES[name], *operands)
        return filled(f"{operation.name.upper()}({{}})", joined(", ", operands))


def _constant(value: str | Decimal | date | bool | None, kind: Kind) -> BoundSql:
    type_text = _TYPES.get(kind)
    if value is None:
        return BoundSql(f"CAST(NULL AS {type_text or 'VARCHAR'})")
    if isinstance(value, bool):
        return BoundSql("TRUE" if value else "FALSE")
    if isinstance(value, Decimal):
        # As a text: the connector has no bind for every Decimal that fits.
        return BoundSql(f"CAST(? AS {_NUMBER})", (format(value, "f"),))
    return BoundSql(f"CAST(? AS {type_text})" if type_text else "?", (value,))


def _fact(fact: str | date | int | BoundSql, kind: Kind) -> BoundSql:
    if isinstance(fact, BoundSql):
        return fact
    return _constant(Decimal(fact) if isinstance(fact, int) else fact, kind)


def _sized(cast: Cast) -> str:
    return f"NUMBER({cast.precision}, {cast.scale})" if cast.kind == "number" else _TYPES[cast.kind]


def _fits(found: ColumnType, cast: Cast) -> bool:
    return found.size - found.scale <= cast.precision - cast.scale - (found.scale > cast.scale)


def _resized(number: BoundSql, cast: Cast, *, is_rounded: bool) -> BoundSql:
    """Cast a number to one of another size, NULL when it is too large, as TRY_CAST takes texts only."""
    result = f"ROUND({{}}, {cast.scale})" if is_rounded else "{}"
    test = f"ABS({result}) < 1e{cast.precision - cast.scale}"
    return filled(f"CASE WHEN {test} THEN CAST({{}} AS {_sized(cast)}) END", number, number)


def _pattern(node: Node) -> BoundSql:
    """Give a pattern in POSIX's words: for a match of the whole text, groups and reluctance make no difference."""
    pattern = str(typed(Constant, node).value)
    return BoundSql("?", (_PATTERN_PARTS.sub(_in_posix, pattern),))


def _in_posix(found: re.Match[str]) -> str:
    return "(" if found[0] == "(?:" else found[1] or found[0]


def _places(node: Node) -> int:
    return int(typed(Decimal, typed(Constant, node).value))
