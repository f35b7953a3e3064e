"""Which kind of value goes where: each operand is brought to the kind that is wanted, or refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from sfetl_provider.core.expression.tree import Cast, Column, Constant, ExpressionError, Kind, Node

_CONVERSIONS = {("date", "timestamp"), ("timestamp", "date")}


def as_kind(node: Node, kind: Kind, where: str) -> Node:
    """Give a node of this kind; raises ExpressionError when the node is of one that cannot become it.

    A column is read as the kind. A text constant becomes a date when it is written as YYYY-MM-DD, a timestamp also
    with a time of day, HH:MM:SS.
    """
    if node.kind == kind:
        return node
    if node.kind == "null":
        return Constant(None, kind)
    if node.kind == "raw" and kind != "boolean":
        return Cast(node, kind, is_strict=kind != "text")
    if isinstance(node, Constant) and isinstance(node.value, str) and kind in ("date", "timestamp"):
        return Constant(_moment(node.value, kind), kind)
    if (node.kind, kind) in _CONVERSIONS:
        return Cast(node, kind)
    is_a = "a column" if node.kind == "raw" else f"a {node.kind}"
    raise ExpressionError(f"{where} takes a {kind}, and {describe(node)} is {is_a}")


def as_one_kind(nodes: Sequence[Node], where: str) -> list[Node]:
    """Bring operands that are compared or chosen from to one kind."""
    kinds = {node.kind for node in nodes} - {"raw", "null"}
    if not kinds:
        raise ExpressionError(
            f"{where} does not say what {describe(nodes[0])} is: write CAST({describe(nodes[0])} AS NUMBER), "
            "or AS DATE, TIMESTAMP or VARCHAR"
        )
    kind = _common(kinds)
    return [as_kind(node, kind, where) for node in nodes]


def describe(node: Node) -> str:
    """Name a node in an error message."""
    if isinstance(node, Column):
        return node.name
    if isinstance(node, Cast):
        return describe(node.operand)
    if isinstance(node, Constant):
        return f"'{node.value}'" if node.kind == "text" else str(node.value)
    return f"{node.name}()" if node.name.isidentifier() else f"the result of {node.name}"


def explicit_cast(node: Node, target: Cast) -> Node:
    """Give what CAST or TRY_CAST makes of a node; `target` holds the wanted kind."""
    if isinstance(node, Cast) and isinstance(node.operand, Column) and node.kind == target.kind:
        return replace(target, operand=node.operand)
    is_moment = isinstance(node, Constant) and target.kind in ("date", "timestamp")
    if (node.kind in ("raw", "text", "null") and not is_moment) or node.kind == target.kind == "number":
        return replace(target, operand=node)
    return as_kind(node, target.kind, "CAST")


def _common(kinds: set[Kind]) -> Kind:
    if kinds & {"date", "timestamp"} and kinds <= {"date", "timestamp", "text"}:
        return "timestamp" if "timestamp" in kinds else "date"
    # Any of several: as_kind refuses the operands of the others.
    return sorted(kinds)[0]


def _moment(text: str, kind: Kind) -> date | datetime:
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            day = date.fromisoformat(text)
            return day if kind == "date" else datetime(day.year, day.month, day.day)
        if kind == "timestamp" and re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", text):
            return datetime.fromisoformat(text)
    except ValueError:
        raise ExpressionError(f"there is no {kind} '{text}'") from None
    form = "YYYY-MM-DD" if kind == "date" else "YYYY-MM-DD, or YYYY-MM-DD HH:MM:SS"
    raise ExpressionError(f"'{text}' stands for a {kind}, and is not written as {form}")
