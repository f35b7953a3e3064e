"""An expression as Snowflake's SQL over the load table, whose columns have types.

Every value is bound; text comes from the tables below, quoted names of columns and formats of the feed. Binds are
positional, so operands are written in the order in which their values gather. Sources, below
docs.snowflake.com/en/sql-reference: functions/try_cast (takes texts only), functions/to_date, …/to_timestamp,
data-types-datetime (a DATE plus a number of days), functions/regexp_like (matches all of a text).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from sfetl_provider.core.column_type import TypeKind
from sfetl_provider.core.expression.tree import (
    PRECISION,
    SCALE,
    Aggregate,
    Cast,
    Column,
    Constant,
    ExpressionError,
    Fact,
    FactName,
    Kind,
    Node,
    Operation,
)
from sfetl_provider.core.identifiers import quote_identifier, quote_literal

Value = str | int | date | datetime
_NUMBER = f"NUMBER({PRECISION}, {SCALE})"
_TEMPLATES = {
    "and": "({} AND {})",
    "or": "({} OR {})",
    "not": "(NOT {})",
    "between": "({} BETWEEN {} AND {})",
    "like": "({} LIKE {})",
    "regexp_like": "REGEXP_LIKE({}, {})",
    "is_null": "({} IS NULL)",
    "*": f"CAST({{}} * {{}} AS {_NUMBER})",
    "/": "(CAST({} AS FLOAT) / NULLIF(CAST({} AS FLOAT), 0))",
    "%": "({} % NULLIF({}, 0))",
    "negative": "(-{})",
    "days_after": "({} + CAST({} AS INTEGER))",
    "days_before": "({} - CAST({} AS INTEGER))",
    # DAYOFWEEK alone would follow the session's WEEK_START.
    "dayofweek": "(DAYOFWEEKISO({}) % 7)",
    **{sign: f"({{}} {sign} {{}})" for sign in ("=", "<>", "<", "<=", ">", ">=", "+", "-")},
}
_TYPES: Mapping[Kind, str] = {
    "text": "VARCHAR",
    "number": _NUMBER,
    "date": "DATE",
    "timestamp": "TIMESTAMP_NTZ",
    "boolean": "BOOLEAN",
}
_MOMENTS = ("date", "timestamp")
_READABLE: Mapping[Kind, tuple[TypeKind, ...]] = {
    "number": ("text", "number", "float", "decfloat", "boolean"),
    "date": ("text", "date", "timestamp"),
    "timestamp": ("text", "date", "timestamp"),
}


@dataclass(frozen=True)
class LoadNames:
    """What an expression is about: kinds of the load table's columns, formats (Snowflake's), the load's facts."""

    kinds: Mapping[str, TypeKind]
    date_format: str
    timestamp_format: str
    facts: Mapping[FactName, Value]


@dataclass
class SnowflakeText:
    """Writes expressions over the load table; the values that they bind gather in `binds`, in order."""

    names: LoadNames
    binds: list[Value] = field(default_factory=list)

    def text(self, node: Node) -> str:
        """Give the SQL of one row's value; raises ExpressionError when a column's type cannot be read so."""
        match node:
            case Column():
                return quote_identifier(node.name)
            case Constant():
                return self._constant(node)
            case Fact():
                return self._bound(self.names.facts[node.name], node.kind)
            case Cast():
                return self._cast(node)
            case Operation():
                return self._operation(node)
            case Aggregate():
                raise TypeError(f"{node.name} is no value of one row")

    def _constant(self, constant: Constant) -> str:
        if constant.value is None:
            return "NULL"
        if isinstance(constant.value, bool):
            return str(constant.value).upper()
        value = constant.value
        return self._bound(str(value) if isinstance(value, Decimal) else value, constant.kind)

    def _bound(self, value: Value, kind: Kind) -> str:
        self.binds.append(value)
        return f"CAST(? AS {_TYPES[kind]})"

    def _cast(self, cast: Cast) -> str:
        if isinstance(cast.operand, Column):
            return self._read(cast, cast.operand)
        operand = self.text(cast.operand)
        if cast.kind == cast.operand.kind == "text":
            return operand
        return self._converted(cast, operand, is_text=cast.operand.kind in ("text", "null"))

    def _read(self, cast: Cast, column: Column) -> str:
        """Give a column as the kind that is wanted; it has the type that the load table gave it."""
        stored: TypeKind = self.names.kinds.get(column.name, "text")
        name = quote_identifier(column.name)
        if cast.kind == "text":
            return name if stored == "text" else self._as_text(name, stored)
        if stored not in _READABLE.get(cast.kind, ()):
            raise ExpressionError(
                f"column {column.name} is a {stored} in the table, and is read as {cast.kind}"
            )
        if stored == cast.kind == "date":
            return name
        return self._converted(cast, name, is_text=stored == "text")

    def _as_text(self, name: str, stored: TypeKind) -> str:
        formats = {"date": self.names.date_format, "timestamp": self.names.timestamp_format}
        if stored in formats:
            return f"TO_VARCHAR({name}, {quote_literal(formats[stored])})"
        return f"CAST({name} AS VARCHAR)"

    def _converted(self, cast: Cast, operand: str, *, is_text: bool) -> str:
        if is_text and cast.kind in _MOMENTS:
            return self._moment(cast, operand)
        target = f"NUMBER({cast.precision}, {cast.scale})" if cast.kind == "number" else _TYPES[cast.kind]
        if cast.is_strict or cast.kind != "number":
            return f"CAST({operand} AS {target})"
        return f"TRY_CAST({operand if is_text else f'CAST({operand} AS VARCHAR)'} AS {target})"

    def _moment(self, cast: Cast, operand: str) -> str:
        is_date = cast.kind == "date"
        form = quote_literal(self.names.date_format if is_date else self.names.timestamp_format)
        attempt = "" if cast.is_strict else "TRY_"
        return f"{attempt}{'TO_DATE' if is_date else 'TO_TIMESTAMP_NTZ'}({operand}, {form})"

    def _operation(self, operation: Operation) -> str:
        if operation.name == "days_between":
            later, earlier = operation.operands
            begin = self.text(earlier)
            return f"DATEDIFF(DAY, {begin}, {self.text(later)})"
        if operation.name == "round":
            number, places = operation.operands
            return f"ROUND({self.text(number)}, {_whole(places)})"
        operands = [self.text(operand) for operand in operation.operands]
        if operation.name == "in":
            return f"({operands[0]} IN ({', '.join(operands[1:])}))"
        if operation.name == "case":
            pairs = zip(operands[0:-1:2], operands[1:-1:2], strict=True)
            branches = " ".join(f"WHEN {condition} THEN {result}" for condition, result in pairs)
            return f"CASE {branches} ELSE {operands[-1]} END"
        if operation.name in _TEMPLATES:
            return _TEMPLATES[operation.name].format(*operands)
        return f"{operation.name.upper()}({', '.join(operands)})"


def _whole(node: Node) -> int:
    if isinstance(node, Constant) and isinstance(node.value, Decimal):
        return int(node.value)
    raise TypeError("round takes a constant number of decimals")
