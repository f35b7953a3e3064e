"""From the facts of an expectation to its verdict and its result, as Great Expectations gives them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import zip_longest
from math import floor, isclose
from typing import Any, NamedTuple

from sfetl_provider.core.config.suite import Expectation, stored_name
from sfetl_provider.core.qc.expectation_measure import SHOWN_VALUES, Facts
from sfetl_provider.core.qc.expectation_records import RECORD_KINDS
from sfetl_provider.core.qc.expectation_totals import interpolated, rank_of


class Judgement(NamedTuple):
    """Whether an expectation is met, and the `result` of GX's validation result."""

    is_met: bool
    result: dict[str, Any]


Judge = Callable[[Expectation, Facts], Judgement]


def judge(expectation: Expectation, facts: Facts) -> Judgement:
    """Judge one expectation."""
    judged = JUDGES[expectation.type](expectation, facts)
    if unreadable := _unreadable(facts) if "unexpected" not in facts else 0:
        details = {**judged.result.get("details", {}), "unreadable": unreadable}
        return Judgement(False, {**judged.result, "details": details})
    return judged


def _unreadable(facts: Facts) -> int:
    return int(facts["judged"] - facts["numbers"]) if "numbers" in facts else 0


def _records(expectation: Expectation, facts: Facts) -> Judgement:
    elements, unexpected = facts["elements"], facts["unexpected"]
    judged = facts.get("judged", elements)
    values = list(facts["values"] or [])[:SHOWN_VALUES]
    if expectation.type == "expect_column_values_to_not_be_null":
        values = [None] * min(unexpected, SHOWN_VALUES)
    result = {
        "element_count": elements,
        "unexpected_count": unexpected,
        "unexpected_percent": _percent(unexpected, judged),
        "partial_unexpected_list": values,
    }
    if "judged" in facts:
        missing = elements - judged
        result |= {
            "missing_count": missing,
            "missing_percent": _percent(missing, elements),
            "unexpected_percent_total": _percent(unexpected, elements),
            "unexpected_percent_nonmissing": _percent(unexpected, judged),
        }
    result["partial_unexpected_counts"] = _counted(values)
    is_met = not judged or (judged - unexpected) / judged >= expectation.arguments.mostly
    return Judgement(is_met, result)


def _percent(part: int, whole: int) -> float | None:
    return part / whole * 100 if whole else None


def _counted(values: Sequence[Any]) -> list[dict[str, Any]]:
    counted = Counter(tuple(value) if isinstance(value, list) else value for value in values)
    return [
        {"value": list(value) if isinstance(value, tuple) else value, "count": count}
        for value, count in counted.most_common(SHOWN_VALUES)
    ]


def _within(expectation: Expectation, observed: Any) -> Judgement:
    asked: Any = expectation.arguments
    if observed is None:
        return Judgement(False, {"observed_value": None})
    low, high = asked.min_value, asked.max_value
    value = datetime.fromisoformat(observed) if isinstance(observed, str) else observed
    is_above = low is None or (value > low if getattr(asked, "strict_min", False) else value >= low)
    is_below = high is None or (value < high if getattr(asked, "strict_max", False) else value <= high)
    return Judgement(is_above and is_below, {"observed_value": observed})


def _bounded(observe: Callable[[Facts], Any]) -> Judge:
    return lambda expectation, facts: _within(expectation, observe(facts))


def _mean(facts: Facts) -> float | None:
    return facts["total"] / facts["numbers"] if facts["numbers"] else None


def _deviation(facts: Facts) -> float | None:
    count, _, variance = facts["moments"]
    return float((variance * count / (count - 1)) ** 0.5) if count > 1 else None


def _median(facts: Facts) -> float | None:
    return sum(facts["ranked"]) / 2 if facts["numbers"] else None


def _share_there(facts: Facts) -> float | None:
    return facts["judged"] / facts["elements"] if facts["elements"] else None


def _share_different(facts: Facts) -> float:
    return facts["different"] / facts["judged"] if facts["judged"] else 0


def _quantiles(expectation: Expectation, facts: Facts) -> Judgement:
    arguments: Any = expectation.arguments
    asked, method = arguments.quantile_ranges, arguments.allow_relative_error or "nearest"
    values = [
        _quantile(facts["ranked"][2 * at : 2 * at + 2], quantile, facts["numbers"], method)
        for at, quantile in enumerate(asked.quantiles)
    ]
    met = [_in_range(value, *ends) for value, ends in zip(values, asked.value_ranges, strict=True)]
    observed = {"quantiles": list(asked.quantiles), "values": values}
    return Judgement(all(met), {"observed_value": observed, "details": {"success_details": met}})


def _quantile(ranked: Sequence[float], quantile: float, count: int, method: str) -> float | None:
    if not count:
        return None
    below, above = ranked
    place = rank_of(quantile, count)
    if method == "linear":
        return interpolated(ranked, quantile, count)
    if method == "midpoint":
        return (below + above) / 2
    is_lower = method == "lower" or (method == "nearest" and round(place) == floor(place))
    return below if is_lower else above


def _in_range(value: float | None, low: float | None, high: float | None) -> bool:
    if value is None:
        return False
    is_at_end = any(end is not None and isclose(value, end, rel_tol=1e-4) for end in (low, high))
    return is_at_end or ((low is None or low <= value) and (high is None or value <= high))


def _exactly(expectation: Expectation, facts: Facts) -> Judgement:
    arguments: Any = expectation.arguments
    return Judgement(facts["elements"] == arguments.value, {"observed_value": facts["elements"]})


def _distinct(is_other_refused: bool, is_absent_refused: bool) -> Judge:
    def judge_set(expectation: Expectation, facts: Facts) -> Judgement:
        arguments: Any = expectation.arguments
        present = set(facts["present"] or [])
        absent = [value for value in dict.fromkeys(arguments.value_set) if value not in present]
        result: dict[str, Any] = {"observed_value": None}
        if is_other_refused:
            result["unexpected_count"] = facts["other_count"]
        if is_absent_refused:
            result["missing_count"] = len(absent)
        if is_other_refused:
            result["partial_unexpected_list"] = list(facts["others"] or [])
        if is_absent_refused:
            result["partial_missing_list"] = absent[:SHOWN_VALUES]
        is_met = not (is_other_refused and facts["other_count"]) and not (is_absent_refused and absent)
        return Judgement(is_met, result)

    return judge_set


def _most_common(expectation: Expectation, facts: Facts) -> Judgement:
    arguments: Any = expectation.arguments
    values = facts["common"] or []
    members = set(values) & set(arguments.value_set)
    is_met = bool(members) if arguments.ties_okay else len(values) == 1 and len(members) == 1
    return Judgement(is_met, {"observed_value": sorted(values)})


def _column_there(expectation: Expectation, _: Facts) -> Judgement:
    arguments: Any = expectation.arguments
    columns = expectation.column_names
    name, place = _stored(arguments.column, columns), arguments.column_index
    if place:
        return Judgement(-len(columns) <= place < len(columns) and columns[place] == name, {})
    return Judgement(name in columns, {})


def _stored(name: str, columns: Sequence[str]) -> str:
    try:
        return stored_name(name, columns)
    except ValueError:
        return name


def _column_count(expectation: Expectation, _: Facts) -> Judgement:
    arguments: Any = expectation.arguments
    count = len(expectation.column_names)
    if hasattr(arguments, "value"):
        return Judgement(count == arguments.value, {"observed_value": count})
    return _within(expectation, count)


def _column_order(expectation: Expectation, _: Facts) -> Judgement:
    arguments: Any = expectation.arguments
    found = list(expectation.column_names)
    asked = [_stored(name, found) for name in arguments.column_list or found]
    mismatched = [
        {"Expected Column Position": at, "Expected": wanted, "Found": column}
        for at, (wanted, column) in enumerate(zip_longest(asked, found))
        if wanted != column
    ]
    if not mismatched:
        return Judgement(True, {"observed_value": found})
    return Judgement(False, {"observed_value": found, "details": {"mismatched": mismatched}})


def _column_set(expectation: Expectation, _: Facts) -> Judgement:
    arguments: Any = expectation.arguments
    found = set(expectation.column_names)
    asked = {_stored(name, expectation.column_names) for name in arguments.column_set or ()}
    differing = {"unexpected": sorted(found - asked), "missing": sorted(asked - found)}
    mismatched = {side: names for side, names in differing.items() if names}
    result: dict[str, Any] = {"observed_value": sorted(found)}
    if not mismatched or (arguments.column_set is None and not arguments.exact_match):
        return Judgement(True, result)
    result["details"] = {"mismatched": mismatched}
    return Judgement(not arguments.exact_match and "missing" not in mismatched, result)


JUDGES: dict[str, Judge] = {
    **dict.fromkeys(RECORD_KINDS, _records),
    "expect_column_values_to_be_unique": _records,
    "expect_compound_columns_to_be_unique": _records,
    "expect_column_value_z_scores_to_be_less_than": _records,
    "expect_column_values_to_not_be_outliers": _records,
    "expect_column_values_to_be_increasing": _records,
    "expect_column_values_to_be_decreasing": _records,
    "expect_column_sum_to_be_between": _bounded(lambda facts: facts["total"] or 0),
    "expect_column_mean_to_be_between": _bounded(_mean),
    "expect_column_stdev_to_be_between": _bounded(_deviation),
    "expect_column_min_to_be_between": _bounded(lambda facts: facts["min"]),
    "expect_column_max_to_be_between": _bounded(lambda facts: facts["max"]),
    "expect_column_median_to_be_between": _bounded(_median),
    "expect_column_quantile_values_to_be_between": _quantiles,
    "expect_column_proportion_of_non_null_values_to_be_between": _bounded(_share_there),
    "expect_column_unique_value_count_to_be_between": _bounded(lambda facts: facts["different"]),
    "expect_column_proportion_of_unique_values_to_be_between": _bounded(_share_different),
    "expect_column_distinct_values_to_be_in_set": _distinct(True, False),
    "expect_column_distinct_values_to_contain_set": _distinct(False, True),
    "expect_column_distinct_values_to_equal_set": _distinct(True, True),
    "expect_column_most_common_value_to_be_in_set": _most_common,
    "expect_table_row_count_to_be_between": _bounded(lambda facts: facts["elements"]),
    "expect_table_row_count_to_equal": _exactly,
    "expect_column_to_exist": _column_there,
    "expect_table_column_count_to_be_between": _column_count,
    "expect_table_column_count_to_equal": _column_count,
    "expect_table_columns_to_match_ordered_list": _column_order,
    "expect_table_columns_to_match_set": _column_set,
}
