"""Columns, values and row conditions of expectations as DuckDB's SQL over a file whose columns are all texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sfetl_provider.core.config.expectation_kinds import Bound, Value
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.config.row_condition import (
    ColumnName,
    Comparison,
    Condition,
    Joined,
    Membership,
    Missing,
    Opposite,
)
from sfetl_provider.core.date_format import strptime_format
from sfetl_provider.core.qc.shared_columns import SharedColumns, other_markers

_SIGNS = {"==": "=", "!=": "<>"}


class ExpectationText:
    """Writes SQL for a feed's columns; the values that it binds gather in `binds`, by names of its own.

    What several expectations are likely to need of a record is shared: values, numbers, dates and times.
    """

    def __init__(self, config: FeedConfig, shared: SharedColumns) -> None:
        self.shared = shared
        self.binds: dict[str, Any] = {}
        self._columns = {name: f"c{at}" for at, name in enumerate(config.column_names)}
        self._is_empty_null = "" in config.format.null_markers
        self._markers = other_markers(config.format.null_markers)
        self._formats = (config.format.timestamp_format, config.format.date_format)
        # What the scan binds anyway, so that SQL of the same text is computed once.
        date_format = strptime_format(config.date_format)
        self._bound: dict[tuple[type, str], str] = {(str, repr(date_format)): "date_format"}

    def value(self, column: str) -> str:
        """Give a column's text, NULL for a null marker."""
        text = self._columns[column]
        if self._is_empty_null and not self._markers:
            return text
        if not self._is_empty_null:
            # DuckDB reads an empty field as NULL.
            text = f"coalesce({text}, '')"
        for marker in self._markers:
            text = f"nullif({text}, {self.bind(marker)})"
        return self.shared.name(text)

    def number(self, column: str) -> str:
        """Give a column's number, NULL for a text that is none; NaN is none."""
        number = f"try_cast({self.value(column)} AS DOUBLE)"
        return self.shared.name(f"nullif({number}, {self.bind(float('nan'))})")

    def _perhaps_number(self, column: str) -> str:
        """Give the same of a column of texts, most of which are none: a cast that fails is slow."""
        value = self.value(column)
        # Lower case takes longer than the rest, so it is asked for of texts of these lengths alone.
        infinite = f"strlen({value}) IN (3, 8) AND lower({value}) IN ('inf', 'infinity')"
        may_be = f"{value} < ':' OR ({infinite})"
        number = f"nullif(try_cast({value} AS DOUBLE), {self.bind(float('nan'))})"
        return self.shared.name(f"CASE WHEN {may_be} THEN {number} END")

    def moment(self, column: str) -> str:
        """Give a column's date or time in the feed's formats, NULL for a text that is none."""
        formats = [strptime for text in self._formats if (strptime := _strptime(text))]
        parsed = ", ".join(self.parsed(column, strptime) for strptime in formats)
        return self.shared.name(f"coalesce({parsed}, NULL::TIMESTAMP)")

    def parsed(self, column: str, strptime: str) -> str:
        """Give a column's date or time in one of DuckDB's formats, NULL for a text that is none."""
        return self.shared.name(f"try_strptime({self.value(column)}, {self.bind(strptime)})")

    def like_glob(self, column: str, pattern: str) -> str:
        """Give the condition that a column's text matches a GLOB pattern; empty without one."""
        return f"{self.value(column)} GLOB {self.bind(pattern)}" if pattern else ""

    def as_asked(self, column: str, value: Value | Bound | None) -> str:
        """Give a column as what it is compared with: numbers, dates and times, or else texts."""
        if isinstance(value, datetime):
            return self.moment(column)
        return self.number(column) if isinstance(value, int | float) else self.value(column)

    def member(self, column: str, values: Iterable[Value]) -> str:
        """Give the condition that a column's value is one of these, texts as texts and numbers as numbers."""
        listed = list(values)
        texts = [value for value in listed if isinstance(value, str)]
        numbers = [float(value) for value in listed if not isinstance(value, str)]
        tests = []
        if texts:
            tests.append(f"{self.value(column)} IN ({self._listed(texts)})")
        if numbers:
            tests.append(f"{self.number(column)} IN ({self._listed(numbers)})")
        return _any(tests)

    def compared(self, left: str, sign: str, right: str) -> str:
        """Compare two columns: as numbers where both are, else as texts; NULL when one is missing."""
        numbers = self._perhaps_number(left), self._perhaps_number(right)
        both = " AND ".join(f"{number} IS NOT NULL" for number in numbers)
        texts = f"{self.value(left)} {sign} {self.value(right)}"
        return f"(CASE WHEN {both} THEN {numbers[0]} {sign} {numbers[1]} ELSE {texts} END)"

    def rows(self, condition: Condition | None) -> str:
        """Give the condition that an expectation is about a record; empty for all."""
        return "" if condition is None else self._row(condition)

    def bind(self, value: object) -> str:
        """Give the name under which a value is bound."""
        key = type(value), repr(value)
        if key not in self._bound:
            self._bound[key] = f"x{len(self._bound)}"
            self.binds[self._bound[key]] = value
        return f"${self._bound[key]}"

    def _listed(self, values: Sequence[object]) -> str:
        return ", ".join(self.bind(value) for value in values)

    def _row(self, condition: Condition) -> str:
        match condition:
            case Missing(column=column):
                return f"({self.value(column.name)} IS NULL)"
            case Opposite(condition=inner):
                return f"(NOT {self._row(inner)})"
            case Joined(is_all=is_all, conditions=parts):
                word = " AND " if is_all else " OR "
                return f"({word.join(self._row(part) for part in parts)})"
            case Membership(column=column, values=values):
                return f"coalesce({self.member(column.name, values)}, false)"
            case Comparison():
                return self._comparison(condition)

    def _comparison(self, condition: Comparison) -> str:
        sign, name = _SIGNS.get(condition.operator, condition.operator), condition.column.name
        operand = condition.operand
        if isinstance(operand, ColumnName):
            test = self.compared(name, sign, operand.name)
        else:
            bound = self.bind(float(operand) if isinstance(operand, int) else operand)
            test = f"({self.as_asked(name, operand)} {sign} {bound})"
        # In pandas a missing value differs from everything.
        return f"coalesce({test}, {'true' if sign == '<>' else 'false'})"


def _any(tests: Sequence[str]) -> str:
    return f"({' OR '.join(tests)})" if tests else "false"


def _strptime(snowflake_format: str) -> str:
    # A format that cannot be translated is no format of a moment here.
    try:
        return strptime_format(snowflake_format)
    except ValueError:
        return ""


def both(*conditions: str) -> str:
    """Give the condition that all of these hold; empty ones do."""
    return " AND ".join(condition for condition in conditions if condition)


def filtered(aggregate: str, condition: str) -> str:
    """Give an aggregate over the records that meet a condition."""
    return f"{aggregate} FILTER (WHERE {condition})" if condition else aggregate
