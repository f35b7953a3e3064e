"""Aggregates over several files are those over all of their records."""

from __future__ import annotations

import statistics
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfetl_provider.core.expression.evaluate import Number, Parts, evaluate, join, value_of
from sfetl_provider.core.expression.shape import read_aggregate
from sfetl_provider.core.expression.tree import Aggregate, Column, aggregates

FILES = st.lists(st.lists(st.decimals(-1000, 1000, places=2), max_size=5), min_size=1, max_size=4)


def _parts(name: str, values: list[Decimal]) -> Parts:
    count = Decimal(len(values))
    total = sum(values, Decimal(0)) if values else None
    match name:
        case "count":
            return (count,)
        case "sum":
            return (total,)
        case "avg":
            return (total, count)
        case "stddev":
            mean = total / count if total is not None else None
            return (count, mean, statistics.pvariance(values) if values else None)
        case "min":
            return (min(values, default=None),)
        case _:
            return (max(values, default=None),)


@pytest.mark.parametrize("name", ["count", "sum", "avg", "stddev", "min", "max"])
@given(FILES)
def test_the_cut_into_files_does_not_matter(name: str, files: list[list[Decimal]]) -> None:
    joined = value_of(name, join(name, [_parts(name, values) for values in files]))
    whole = value_of(name, _parts(name, [value for values in files for value in values]))

    assert (joined is None) == (whole is None)
    assert joined is None or whole is None or abs(joined - whole) < Decimal("1e-9")


def test_a_standard_deviation_is_that_of_a_sample() -> None:
    values = [Decimal(2), Decimal(4), Decimal(9)]

    found = value_of("stddev", join("stddev", [_parts("stddev", values[:1]), _parts("stddev", values[1:])]))

    assert found is not None
    assert found == pytest.approx(statistics.stdev(values))
    assert value_of("stddev", _parts("stddev", values[:1])) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("sum(a)", "10"),
        ("sum(a) / count(*) * 2 - 1 + 0.5", "4.5"),
        ("round(sum(a) / 3, 2)", "3.33"),
        ("round(-sum(a) / 4)", "-3"),
        ("abs(-sum(a))", "10"),
        ("sum(a) / (count(*) - 4)", None),
        ("coalesce(max(b), max(b), 7)", "7"),
        ("coalesce(max(b), max(b))", None),
        ("max(b) + 1", None),
        ("nullif(count(*), 4)", None),
        ("nullif(count(*), 5)", "4"),
        ("month_days() / days_with_rows()", "2"),
    ],
)
def test_arithmetic_over_aggregates_knows_null(text: str, value: str | None) -> None:
    tree = read_aggregate(text, {"A": "raw", "B": "raw"})
    known: dict[str, Number] = {"sum": Decimal(10), "count_all": Decimal(4), "max": None}
    values = {aggregate: known[aggregate.name] for aggregate in aggregates(tree)}

    found = evaluate(tree, values, {"month_days": 28, "days_with_rows": 14})

    assert found == (None if value is None else Decimal(value))


def test_other_nodes_have_no_value_over_all_records() -> None:
    with pytest.raises(TypeError, match="no expression over aggregates"):
        evaluate(Column("A"), {Aggregate("sum", ()): None}, {})
