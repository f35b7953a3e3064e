"""The tree of an expression: nothing but these nodes ever becomes SQL.

A column of the file is `raw`: a text that is read as what its surroundings take.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias

Kind = Literal["raw", "null", "text", "number", "date", "timestamp", "boolean"]
FactName = Literal[
    "month_first_day",
    "month_last_day",
    "month_days",
    "days_with_rows",
    "load_time",
    "load_month",
    "run_id",
    "feed_name",
    "file_name",
]
PRECISION = 38
SCALE = 10


class ExpressionError(ValueError):
    """An expression that the language does not have; the message says what is wrong with it."""


@dataclass(frozen=True)
class Column:
    """A column of the file, by its stored name."""

    name: str
    kind: Kind = "raw"


@dataclass(frozen=True)
class Constant:
    """A value written in the expression."""

    value: str | Decimal | date | bool | None
    kind: Kind


@dataclass(frozen=True)
class Fact:
    """Something known about the month that is checked, or about the load that publishes it."""

    name: FactName
    kind: Kind


@dataclass(frozen=True)
class Cast:
    """A value read as another kind; strict: a text that cannot be read so breaks the rule, else it is NULL."""

    operand: Node
    kind: Kind
    is_strict: bool = False
    precision: int = PRECISION
    scale: int = SCALE


@dataclass(frozen=True)
class Operation:
    """An operator or a function of one record's values."""

    name: str
    operands: tuple[Node, ...]
    kind: Kind


@dataclass(frozen=True)
class Aggregate:
    """A function over all records; its value is a number."""

    name: str
    operands: tuple[Node, ...]
    kind: Kind = "number"


Node: TypeAlias = Column | Constant | Fact | Cast | Operation | Aggregate


def walk(node: Node) -> Iterator[Node]:
    """Give a node and all below it, outermost first."""
    yield node
    if isinstance(node, Cast):
        yield from walk(node.operand)
    elif isinstance(node, Operation | Aggregate):
        for operand in node.operands:
            yield from walk(operand)


def strict_casts(node: Node) -> tuple[Cast, ...]:
    """Give each different strict cast below a node once."""
    return tuple(dict.fromkeys(item for item in walk(node) if isinstance(item, Cast) and item.is_strict))


def aggregates(node: Node) -> tuple[Aggregate, ...]:
    """Give each different aggregate below a node once."""
    return tuple(dict.fromkeys(item for item in walk(node) if isinstance(item, Aggregate)))
