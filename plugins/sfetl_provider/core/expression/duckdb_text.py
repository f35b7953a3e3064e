"""An expression as DuckDB's SQL over a file whose columns are all texts.

Every value is bound; text comes from the tables below and from the names that the caller gives to columns.
Numbers are DECIMAL(38, 10), so that 0.1 + 0.2 = 0.3; only a quotient is a floating-point number. A division by
zero gives NULL. Source: duckdb.org/docs/sql/functions/overview.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sfetl_provider.core.expression.tree import (
    PRECISION,
    SCALE,
    Aggregate,
    Cast,
    Column,
    Constant,
    Fact,
    FactName,
    Node,
    Operation,
    strict_casts,
)
from sfetl_provider.core.glob_pattern import regex_glob, unless_sure

_TEMPLATES = {
    "and": "({} AND {})",
    "or": "({} OR {})",
    "not": "(NOT {})",
    "between": "({} BETWEEN {} AND {})",
    "like": "({} LIKE {})",
    "regexp_like": "regexp_full_match({}, {})",
    "is_null": "({} IS NULL)",
    "*": f"CAST({{}} * {{}} AS DECIMAL({PRECISION}, {SCALE}))",
    "/": "({}::DOUBLE / nullif({}, 0))",
    "%": "({} % nullif({}, 0))",
    "negative": "(-{})",
    "days_after": "({} + CAST({} AS INTEGER))",
    "days_before": "({} - CAST({} AS INTEGER))",
    "days_between": "({} - {})",
    "dayofweekiso": "isodow({})",
    **{sign: f"({{}} {sign} {{}})" for sign in ("=", "<>", "<", "<=", ">", ">=", "+", "-")},
}
PARTS: dict[str, tuple[str, ...]] = {
    "count_all": ("count(*)",),
    "count": ("count({})",),
    # count_if would be NULL where no condition is true or false.
    "count_if": ("count(CASE WHEN {} THEN 1 END)",),
    "sum": ("sum({})",),
    "avg": ("sum({})", "count({})"),
    "min": ("min({})",),
    "max": ("max({})",),
    "stddev": ("count({})", "avg({})", "var_pop({})"),
    "median": ("median({})",),
    "count_distinct": ("count(DISTINCT {})",),
}
"""What is computed of each aggregate over a file; `evaluate.join` makes one of the parts of several files."""


@dataclass(frozen=True)
class FileNames:
    """How the SQL names what an expression is about: columns, formats (DuckDB's notation), the month's facts."""

    columns: Mapping[str, str]
    null_markers: tuple[str, ...]
    date_format: str
    timestamp_format: str
    facts: Mapping[FactName, date | int]


@dataclass
class DuckdbText:
    """Writes expressions over one file; the values that they bind gather in `binds`.

    `share` may give a name to SQL over one record that cannot fail and that other expressions are likely to need.
    `bound` names values that whoever runs the SQL binds anyway.
    """

    names: FileNames
    share: Callable[[str], str] = str
    binds: dict[str, Any] = field(default_factory=dict)
    bound: dict[tuple[type, object], str] = field(default_factory=dict)

    def text(self, node: Node) -> str:
        """Give the SQL of one record's value."""
        match node:
            case Column():
                return self._column(node)
            case Constant():
                return self._bind(_python_value(node.value))
            case Fact():
                return self._bind(self.names.facts[node.name])
            case Cast():
                return self._cast(node)
            case Operation():
                return self._operation(node)
            case Aggregate():
                raise TypeError(f"{node.name} is no value of one record: ask for its parts")

    def unreadable(self, node: Node) -> str:
        """Give the condition that a text is there that a strict cast cannot read; empty when none can be."""
        tests = [
            f"({self.text(cast.operand)} IS NOT NULL AND {self.text(cast)} IS NULL)"
            for cast in strict_casts(node)
        ]
        return self.share(f"({' OR '.join(tests)})") if tests else ""

    def violated(self, condition: Node) -> str:
        """Give the condition that a record breaks a rule: it is false, or a value cannot be read; NULL is met."""
        failed = f"({self.text(condition)} IS FALSE)"
        unreadable = self.unreadable(condition)
        return f"({failed} OR {unreadable})" if unreadable else failed

    def parts(self, aggregate: Aggregate) -> list[str]:
        """Give the SQL of what is needed of an aggregate."""
        operands = [self.text(operand) for operand in aggregate.operands]
        return [part.format(*operands) for part in PARTS[aggregate.name]]

    def _column(self, column: Column) -> str:
        text = self.names.columns[column.name]
        for marker in self.names.null_markers:
            text = f"nullif({text}, {self._bind(marker)})"
        return self.share(text) if self.names.null_markers else text

    def _cast(self, cast: Cast) -> str:
        operand, is_read = self.text(cast.operand), cast.operand.kind in ("raw", "text", "null")
        match cast.kind:
            case "number":
                return self._read(cast, f"try_cast({operand} AS DECIMAL({cast.precision}, {cast.scale}))")
            case "date" if is_read:
                moment = self._moment(cast, operand, self.names.date_format)
                return self._read(cast, f"{moment}::DATE")
            case "timestamp" if is_read:
                return self._moment(cast, operand, self.names.timestamp_format)
            case "date" | "timestamp":
                return f"CAST({operand} AS {cast.kind})"
            case _:
                return operand

    def _moment(self, cast: Cast, operand: str, strptime: str) -> str:
        return self._read(cast, f"try_strptime({operand}, {self._bind(strptime)})")

    def _read(self, cast: Cast, sql: str) -> str:
        return self.share(sql) if isinstance(cast.operand, Column) else sql

    def _operation(self, operation: Operation) -> str:
        operands = [self.text(operand) for operand in operation.operands]
        if operation.name == "in":
            return f"({operands[0]} IN ({', '.join(operands[1:])}))"
        if operation.name == "case":
            pairs = zip(operands[0:-1:2], operands[1:-1:2], strict=True)
            branches = " ".join(f"WHEN {condition} THEN {result}" for condition, result in pairs)
            return f"CASE {branches} ELSE {operands[-1]} END"
        if operation.name == "regexp_like" and isinstance(pattern := operation.operands[1], Constant):
            return self._matched(operands, str(pattern.value))
        if operation.name in _TEMPLATES:
            return _TEMPLATES[operation.name].format(*operands)
        return f"{operation.name}({', '.join(operands)})"

    def _matched(self, operands: list[str], pattern: str) -> str:
        glob = regex_glob(pattern)
        sure = f"{operands[0]} GLOB {self._bind(glob)}" if glob else ""
        return unless_sure(sure, _TEMPLATES["regexp_like"].format(*operands))

    def _bind(self, value: object) -> str:
        key = (type(value), value)
        if key not in self.bound:
            self.bound[key] = f"v{len(self.bound)}"
            self.binds[self.bound[key]] = value
        return f"${self.bound[key]}"


def _python_value(value: str | Decimal | date | bool | None) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else value
    return value
