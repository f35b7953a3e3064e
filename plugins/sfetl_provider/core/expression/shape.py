"""The forms of an expression: a condition on each record, a number about all records, a value of one record."""

from __future__ import annotations

from collections.abc import Mapping

from sfetl_provider.core.expression.grammar import LOAD_FACTS, MONTH_FACTS, read_expression
from sfetl_provider.core.expression.kinds import describe
from sfetl_provider.core.expression.tree import Aggregate, Constant, ExpressionError, Fact, Kind, Node, walk

OUTER_OPERATIONS = ("+", "-", "*", "/", "negative", "abs", "round", "coalesce", "nullif")


def read_condition(text: str, columns: Mapping[str, Kind]) -> Node:
    """Give the tree of a condition over one record; raises ExpressionError for anything else."""
    node = read_expression(text, columns)
    if node.kind != "boolean":
        raise ExpressionError(f"a condition is true or false, and {describe(node)} is not")
    _refuse_aggregates(node, "that is a rule with `aggregate`")
    _refuse_days_with_rows(node)
    return node


def read_value(text: str, columns: Mapping[str, Kind]) -> Node:
    """Give the tree of a value that is computed of one record while it is published; raises ExpressionError."""
    node = read_expression(text, columns, {**MONTH_FACTS, **LOAD_FACTS})
    _refuse_aggregates(node, "a value is made of one record")
    _refuse_days_with_rows(node)
    return node


def read_aggregate(text: str, columns: Mapping[str, Kind]) -> Node:
    """Give the tree of a number about all records; raises ExpressionError for anything else.

    Aggregates are combined by arithmetic, abs, round, coalesce and nullif only, which are computed when the
    counts of all files are added up.
    """
    node = read_expression(text, columns)
    if node.kind != "number":
        raise ExpressionError(f"bounds need a number, and {describe(node)} is none")
    _check_outside(node)
    return node


def _check_outside(node: Node) -> None:
    if isinstance(node, Aggregate):
        for operand in node.operands:
            _check_inside(operand)
    elif not isinstance(node, Constant | Fact):
        name = getattr(node, "name", "CAST")
        if name not in OUTER_OPERATIONS:
            raise ExpressionError(
                f"{describe(node)} stands outside of an aggregate such as sum() or count_if()"
            )
        for operand in getattr(node, "operands", ()):
            _check_outside(operand)


def _check_inside(node: Node) -> None:
    for item in walk(node):
        if isinstance(item, Aggregate):
            raise ExpressionError(f"{describe(item)} stands inside of another aggregate")
    _refuse_days_with_rows(node)


def _refuse_aggregates(node: Node, reason: str) -> None:
    for item in walk(node):
        if isinstance(item, Aggregate):
            raise ExpressionError(f"{describe(item)} looks at all records: {reason}")


def _refuse_days_with_rows(node: Node) -> None:
    if any(isinstance(item, Fact) and item.name == "days_with_rows" for item in walk(node)):
        raise ExpressionError("days_with_rows() is known once all records are read: use it beside aggregates")
