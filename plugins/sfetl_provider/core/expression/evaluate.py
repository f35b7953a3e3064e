"""Aggregates joined over files, and what an expression makes of them: decimal arithmetic, NULL as None."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import cast

from sfetl_provider.core.expression.tree import Aggregate, Constant, Fact, Node, Operation

Number = Decimal | None
Parts = tuple[Number, ...]
FILE_ONLY = ("median", "count_distinct")
"""Aggregates whose value over several files does not follow from their values over each."""
DIGITS = 50


def join(name: str, parts: Sequence[Parts]) -> Parts:
    """Give an aggregate's parts over several files from those over each; all of one length."""
    if name == "stddev":
        return _join_variances(parts)
    joined_by: Callable[[list[Decimal]], Decimal] = {"min": min, "max": max}.get(name, _total)
    columns = ([value for value in column if value is not None] for column in zip(*parts, strict=True))
    with localcontext(prec=DIGITS):
        return tuple(joined_by(values) if values else None for values in columns)


def value_of(name: str, parts: Parts) -> Number:
    """Give an aggregate's value from its parts; None as SQL gives NULL."""
    with localcontext(prec=DIGITS):
        match name:
            case "avg":
                total, count = parts
                return total / count if total is not None and count else None
            case "stddev":
                count, _, variance = parts
                if count is None or variance is None or count < 2:
                    return None
                return (variance * count / (count - 1)).sqrt()
            case _:
                return parts[0]


def evaluate(node: Node, values: Mapping[Aggregate, Number], facts: Mapping[str, int]) -> Number:
    """Give the number that an expression over aggregates is; None when SQL would give NULL.

    Takes what `read_aggregate` lets through: constants, facts of the month, aggregates, and their arithmetic.
    """
    match node:
        case Aggregate():
            return values[node]
        case Constant():
            return cast(Number, node.value)
        case Fact():
            return Decimal(facts[node.name])
        case Operation():
            operands = [evaluate(operand, values, facts) for operand in node.operands]
            with localcontext(prec=DIGITS):
                return _operate(node.name, operands)
        case _:
            raise TypeError(f"{node} is no expression over aggregates")


def _operate(name: str, operands: list[Number]) -> Number:
    if name == "coalesce":
        return next((operand for operand in operands if operand is not None), None)
    if name == "nullif":
        return None if operands[0] == operands[1] else operands[0]
    known = [operand for operand in operands if operand is not None]
    if len(known) < len(operands) or (name == "/" and not known[1]):
        return None
    return _OPERATIONS[name](*known)


def _rounded(value: Decimal, places: Decimal) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-int(places)), rounding=ROUND_HALF_UP)


_OPERATIONS: dict[str, Callable[..., Decimal]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "negative": lambda value: -value,
    "abs": abs,
    "round": _rounded,
}


def _total(values: list[Decimal]) -> Decimal:
    return sum(values, Decimal(0))


def _join_variances(parts: Sequence[Parts]) -> Parts:
    """Join counts, means and population variances; stable, as the sum of squares is not.

    Source: Chan, Golub, LeVeque: Updating formulae and a pairwise algorithm for computing sample variances.
    """
    count, mean, squares = Decimal(0), Decimal(0), Decimal(0)
    with localcontext(prec=DIGITS):
        for more, their_mean, variance in parts:
            if not more or their_mean is None or variance is None:
                continue
            difference = their_mean - mean
            squares += variance * more + difference * difference * count * more / (count + more)
            mean += difference * more / (count + more)
            count += more
        return (count, mean, squares / count) if count else (Decimal(0), None, None)
