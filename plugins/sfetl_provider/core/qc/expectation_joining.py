"""The facts of several files as those of all of them, where that is possible."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sfetl_provider.core.qc.expectation_measure import SHOWN_VALUES, Facts

PER_FILE = frozenset(
    {
        "expect_column_values_to_be_unique",
        "expect_compound_columns_to_be_unique",
        "expect_column_unique_value_count_to_be_between",
        "expect_column_proportion_of_unique_values_to_be_between",
        "expect_column_most_common_value_to_be_in_set",
        "expect_column_median_to_be_between",
        "expect_column_quantile_values_to_be_between",
        "expect_column_value_z_scores_to_be_less_than",
        "expect_column_values_to_not_be_outliers",
        "expect_column_values_to_be_increasing",
        "expect_column_values_to_be_decreasing",
    }
)
"""Types whose facts of each file do not give those of the month: they are judged for each file."""


def joined(facts: Sequence[Facts]) -> Facts:
    """Join the facts of files, for a type that is not in PER_FILE."""
    if len(facts) == 1:
        return facts[0]
    found = {name: _JOINTS[name]([one[name] for one in facts]) for name in facts[0] if name != "other_count"}
    if "other_count" in facts[0]:
        found["other_count"] = _other_count(facts)
        found["others"] = found["others"][:SHOWN_VALUES]
    return found


def _other_count(facts: Sequence[Facts]) -> int:
    """Count values outside a set: exactly while they are few, else the most that one file has."""
    others = {value for one in facts for value in one["others"] or []}
    return max(len(others), *(int(one["other_count"]) for one in facts))


def _least(values: Sequence[Any]) -> Any:
    return min((value for value in values if value is not None), default=None)


def _most(values: Sequence[Any]) -> Any:
    return max((value for value in values if value is not None), default=None)


def _sum(values: Sequence[Any]) -> Any:
    return sum(value or 0 for value in values)


def _first(values: Sequence[Any]) -> list[Any]:
    return [value for listed in values for value in listed or []][:SHOWN_VALUES]


def _union(values: Sequence[Any]) -> list[Any]:
    return sorted({value for listed in values for value in listed or []})


def _moments(values: Sequence[Any]) -> list[Any]:
    """Join counts, means and variances; Chan, Golub, LeVeque 1979."""
    count, mean, variance = 0, 0.0, 0.0
    for other_count, other_mean, other_variance in values:
        if other_count:
            total, apart = count + other_count, other_mean - mean
            squares = variance * count + other_variance * other_count + apart**2 * count * other_count / total
            count, mean, variance = total, mean + apart * other_count / total, squares / total
    return [count, mean, variance]


_JOINTS: dict[str, Callable[[Sequence[Any]], Any]] = {
    **dict.fromkeys(("elements", "judged", "unexpected", "numbers", "total"), _sum),
    "values": _first,
    "min": _least,
    "max": _most,
    "moments": _moments,
    "present": _union,
    "others": _union,
}
