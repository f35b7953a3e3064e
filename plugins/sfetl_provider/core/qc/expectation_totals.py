"""Expectations about a column's numbers or a table, as aggregates; those that need the order of values as queries.

DuckDB keeps all values of a median or a quantile in memory. Counted by value and added up in their order instead,
they spill to the scratch folder, and the value of each rank is read off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from math import ceil, floor
from typing import Any

from sfetl_provider.core.config.suite import Expectation
from sfetl_provider.core.qc.expectation_measure import SHOWN_VALUES, Facts, Measure, Query
from sfetl_provider.core.qc.expectation_records import Build
from sfetl_provider.core.qc.expectation_text import ExpectationText, both, filtered

QUARTILES = (0.25, 0.75)


def rank_of(quantile: float, count: int) -> float:
    """Give the place of a quantile among so many values in their order, from 0."""
    return quantile * (count - 1)


class _Column:
    """The column that an expectation is about, read as numbers or otherwise, and the records."""

    def __init__(
        self, expectation: Expectation, text: ExpectationText, read: Callable[[str], str] | None = None
    ) -> None:
        arguments: Any = expectation.arguments
        self.arguments = arguments
        self.text = text
        column = expectation.stored(arguments.column)
        self.value, self.number = text.value(column), (read or text.number)(column)
        self.rows = text.rows(expectation.condition)

    @property
    def counts(self) -> dict[str, str]:
        """All records, those with a value, those with a number."""
        return {
            "elements": filtered("count(*)", self.rows),
            "judged": filtered(f"count({self.value})", self.rows),
            "numbers": self.of_numbers("count"),
        }

    def of_numbers(self, function: str) -> str:
        """Give an aggregate of the column's numbers."""
        return filtered(f"{function}({self.number})", self.rows)


def _numbers(**functions: str) -> Build:
    def build(expectation: Expectation, text: ExpectationText) -> Measure:
        column = _Column(expectation, text)
        return Measure(
            {**column.counts, **{fact: column.of_numbers(name) for fact, name in functions.items()}}
        )

    return build


def _extreme(function: str) -> Build:
    def build(expectation: Expectation, text: ExpectationText) -> Measure:
        arguments: Any = expectation.arguments
        bound = arguments.max_value if arguments.min_value is None else arguments.min_value
        column = _Column(expectation, text, text.moment if isinstance(bound, datetime) else text.number)
        extreme = column.of_numbers(function)
        if isinstance(bound, datetime):
            extreme = f"CAST({extreme} AS VARCHAR)"
        return Measure({**column.counts, function: extreme})

    return build


def _deviation(expectation: Expectation, text: ExpectationText) -> Measure:
    column = _Column(expectation, text)
    moments = ", ".join(column.of_numbers(name) for name in ("count", "avg", "var_pop"))
    return Measure({**column.counts, "moments": f"[{moments}]"})


def _ranked(quantiles: Callable[[Any], Sequence[float]]) -> Build:
    def build(expectation: Expectation, text: ExpectationText) -> Measure:
        column = _Column(expectation, text)
        return Measure(column.counts, (_ranks(column, quantiles(column.arguments)),))

    return build


def _ranks(column: _Column, quantiles: Sequence[float]) -> Query:
    def query(facts: Facts, records: str) -> str:
        places = [rank_of(quantile, max(1, facts["numbers"])) for quantile in quantiles]
        ranks = [end for place in places for end in (floor(place), ceil(place))]
        ends = ", ".join(f"min(v) FILTER (WHERE upto > {column.text.bind(rank)})" for rank in ranks)
        is_there = both(column.rows, f"{column.number} IS NOT NULL")
        grouped = f"SELECT {column.number} AS v, count(*) AS n FROM {records} WHERE {is_there} GROUP BY v"
        return f"SELECT [{ends}] AS ranked FROM (SELECT v, sum(n) OVER (ORDER BY v) AS upto FROM ({grouped}))"

    return query


def _rows(expectation: Expectation, text: ExpectationText) -> Measure:
    return Measure({"elements": filtered("count(*)", text.rows(expectation.condition))})


def _nothing(_: Expectation, __: ExpectationText) -> Measure:
    return Measure({})


def _scores(expectation: Expectation, text: ExpectationText) -> Measure:
    column = _Column(expectation, text)
    aggregates = {
        **column.counts,
        "mean": column.of_numbers("avg"),
        "deviation": column.of_numbers("stddev_samp"),
    }
    return _apart(column, aggregates, (), lambda facts: _far_scores(column, facts))


def _far_scores(column: _Column, facts: Facts) -> str:
    if not facts["deviation"]:
        return "false"
    mean, deviation = column.text.bind(facts["mean"]), column.text.bind(facts["deviation"])
    score, threshold = f"(({column.number} - {mean}) / {deviation})", float(column.arguments.threshold)
    if column.arguments.double_sided:
        return f"abs({score}) >= {column.text.bind(abs(threshold))}"
    return f"{score} >= {column.text.bind(threshold)}"


def _outliers(expectation: Expectation, text: ExpectationText) -> Measure:
    column = _Column(expectation, text)
    if column.arguments.method == "iqr":
        quartiles = (_ranks(column, QUARTILES),)
        return _apart(column, column.counts, quartiles, lambda facts: _beyond_quartiles(column, facts))
    aggregates = {
        **column.counts,
        "mean": column.of_numbers("avg"),
        "deviation": column.of_numbers("stddev_samp"),
    }
    return _apart(column, aggregates, (), lambda facts: _far_from_mean(column, facts))


def interpolated(ranked: Sequence[float], quantile: float, count: int) -> float:
    """Give a quantile between the values of its two ranks."""
    place, (below, above) = rank_of(quantile, count), ranked
    return below + (above - below) * (place - floor(place))


def _beyond_quartiles(column: _Column, facts: Facts) -> str:
    if not facts["numbers"]:
        return "false"
    first, third = (
        interpolated(facts["ranked"][2 * at : 2 * at + 2], quantile, facts["numbers"])
        for at, quantile in enumerate(QUARTILES)
    )
    reach = column.arguments.multiplier * (third - first)
    lowest, highest = column.text.bind(first - reach), column.text.bind(third + reach)
    return f"{column.number} NOT BETWEEN {lowest} AND {highest}"


def _far_from_mean(column: _Column, facts: Facts) -> str:
    if facts["deviation"] is None:
        return "false"
    mean, reach = column.text.bind(facts["mean"]), column.arguments.multiplier * facts["deviation"]
    if reach <= 0:
        return f"{column.number} <> {mean}"
    return f"abs({column.number} - {mean}) >= {column.text.bind(reach)}"


def _apart(
    column: _Column, aggregates: dict[str, str], before: tuple[Query, ...], far: Callable[[Facts], str]
) -> Measure:
    """Measure values that lie far from the others, once it is known where those lie."""

    def broken(facts: Facts) -> str:
        no_number = f"({column.value} IS NOT NULL AND {column.number} IS NULL)"
        return f"({both(column.rows, f'({no_number} OR {far(facts)})')})"

    def query(facts: Facts, records: str) -> str:
        return (
            f'SELECT count(*) AS unexpected, min({column.value}, {SHOWN_VALUES}) AS "values"'
            f" FROM {records} WHERE {broken(facts)}"
        )

    return Measure(aggregates, (*before, query), broken)


def _ordered(sign: str) -> Build:
    def build(expectation: Expectation, text: ExpectationText) -> Measure:
        column = _Column(expectation, text)
        is_there = both(column.rows, f"{column.value} IS NOT NULL")
        wrong_sign = sign if column.arguments.strictly else sign.removesuffix("=")

        def query(_: Facts, records: str) -> str:
            values = f"SELECT {column.value} AS v, {column.number} AS x FROM {records} WHERE {is_there}"
            wrong = f"x IS NULL OR coalesce(x {wrong_sign} before, false)"
            return (
                f'SELECT count(*) AS unexpected, min(v, {SHOWN_VALUES}) AS "values"'
                f" FROM (SELECT v, x, lag(x) OVER () AS before FROM ({values})) WHERE {wrong}"
            )

        return Measure(column.counts, (query,))

    return build


TOTAL_KINDS: dict[str, Build] = {
    "expect_column_sum_to_be_between": _numbers(total="sum"),
    "expect_column_mean_to_be_between": _numbers(total="sum"),
    "expect_column_stdev_to_be_between": _deviation,
    "expect_column_min_to_be_between": _extreme("min"),
    "expect_column_max_to_be_between": _extreme("max"),
    "expect_column_median_to_be_between": _ranked(lambda _: (0.5,)),
    "expect_column_quantile_values_to_be_between": _ranked(lambda a: a.quantile_ranges.quantiles),
    "expect_column_proportion_of_non_null_values_to_be_between": _numbers(),
    "expect_column_value_z_scores_to_be_less_than": _scores,
    "expect_column_values_to_not_be_outliers": _outliers,
    # In an increasing column a value is wrong when it is less than the one before, strictly when it is equal too.
    "expect_column_values_to_be_increasing": _ordered("<="),
    "expect_column_values_to_be_decreasing": _ordered(">="),
    "expect_table_row_count_to_be_between": _rows,
    "expect_table_row_count_to_equal": _rows,
    "expect_column_to_exist": _nothing,
    "expect_table_column_count_to_be_between": _nothing,
    "expect_table_column_count_to_equal": _nothing,
    "expect_table_columns_to_match_ordered_list": _nothing,
    "expect_table_columns_to_match_set": _nothing,
}
