"""Expectations about which values there are and how often: queries that group, and spill when they must."""

from __future__ import annotations

from typing import Any

from sfetl_provider.core.config.suite import Expectation
from sfetl_provider.core.qc.expectation_measure import LONGEST_VALUE, SHOWN_VALUES, Facts, Measure
from sfetl_provider.core.qc.expectation_records import Build, there
from sfetl_provider.core.qc.expectation_text import ExpectationText, both, filtered

QUOTED_VALUES = 5


class _Groups:
    """The values of one or several columns, each with the number of its records."""

    def __init__(self, values: list[str], rows: str, judged: str) -> None:
        self._values = values
        self._names = [f"v{at}" for at in range(len(values))]
        self._where = both(rows, judged)
        self.shown = self._names[0] if len(values) == 1 else f"[{', '.join(self._names)}]"
        self.counts = {
            "elements": filtered("count(*)", rows),
            "judged": filtered("count(*)", self._where),
        }

    def grouped(self, records: str) -> str:
        """Give the query of values and their numbers."""
        named = ", ".join(f"{value} AS {name}" for value, name in zip(self._values, self._names, strict=True))
        grouping = ", ".join(self._names)
        return f"SELECT {named}, count(*) AS n FROM {records} WHERE {self._where} GROUP BY {grouping}"

    def repeated(self, _: Facts, records: str) -> str:
        """Give the query of how many values there are, and of the records whose values are not alone."""
        return (
            "SELECT count(*) AS different, coalesce(sum(n) FILTER (WHERE n > 1), 0)::BIGINT AS unexpected,"
            f' min({self.shown}, {SHOWN_VALUES}) FILTER (WHERE n > 1) AS "values" FROM ({self.grouped(records)})'
        )

    def among(self, facts: Facts, text: ExpectationText) -> str:
        """Give the condition that a record has one of the values shown."""
        tests = []
        for shown in (facts["values"] or [])[:QUOTED_VALUES]:
            held = [shown] if len(self._values) == 1 else shown
            if any(one is not None and len(one) >= LONGEST_VALUE for one in held):
                continue
            pairs = zip(self._values, held, strict=True)
            tests.append(
                " AND ".join(f"{value} IS NOT DISTINCT FROM {_bound(one, text)}" for value, one in pairs)
            )
        any_of = " OR ".join(tests)
        return f"({both(self._where, f'({any_of})')})" if tests else ""


def _bound(value: Any, text: ExpectationText) -> str:
    return "NULL" if value is None else text.bind(value)


def _single(expectation: Expectation, text: ExpectationText) -> _Groups:
    arguments: Any = expectation.arguments
    value = text.value(expectation.stored(arguments.column))
    return _Groups([value], text.rows(expectation.condition), f"{value} IS NOT NULL")


def _unique(expectation: Expectation, text: ExpectationText) -> Measure:
    groups = _single(expectation, text)
    return Measure(groups.counts, (groups.repeated,), lambda facts: groups.among(facts, text))


def _counted(expectation: Expectation, text: ExpectationText) -> Measure:
    groups = _single(expectation, text)
    return Measure(groups.counts, (groups.repeated,))


def _compound(expectation: Expectation, text: ExpectationText) -> Measure:
    arguments: Any = expectation.arguments
    values = [text.value(expectation.stored(name)) for name in arguments.column_list]
    groups = _Groups(values, text.rows(expectation.condition), there(arguments, values))
    return Measure(groups.counts, (groups.repeated,), lambda facts: groups.among(facts, text))


def _as_set_has_them(expectation: Expectation, text: ExpectationText) -> _Groups:
    """Group the values as numbers if the set holds numbers only, else as texts."""
    arguments: Any = expectation.arguments
    column = expectation.stored(arguments.column)
    value_set = arguments.value_set
    is_numeric = bool(value_set) and not any(isinstance(value, str) for value in value_set)
    value = text.number(column) if is_numeric else text.value(column)
    groups = _Groups([value], text.rows(expectation.condition), f"{value} IS NOT NULL")
    if is_numeric:
        is_there = both(text.rows(expectation.condition), f"{text.value(column)} IS NOT NULL")
        groups.counts |= {"judged": filtered("count(*)", is_there), "numbers": groups.counts["judged"]}
    return groups


def _members(arguments: Any, text: ExpectationText) -> str:
    values = [float(value) if isinstance(value, int) else value for value in arguments.value_set]
    is_mixed = len({type(value) for value in values}) > 1
    bound = [text.bind(str(value) if is_mixed else value) for value in values]
    return f"v0 IN ({', '.join(bound)})" if bound else "false"


def _distinct(expectation: Expectation, text: ExpectationText) -> Measure:
    groups = _as_set_has_them(expectation, text)
    member = _members(expectation.arguments, text)

    def query(_: Facts, records: str) -> str:
        return (
            f"SELECT count(*) FILTER (WHERE NOT {member}) AS other_count,"
            f" min(v0, {SHOWN_VALUES}) FILTER (WHERE NOT {member}) AS others,"
            f" list(v0 ORDER BY v0) FILTER (WHERE {member}) AS present FROM ({groups.grouped(records)})"
        )

    return Measure(groups.counts, (query,))


def _most_common(expectation: Expectation, text: ExpectationText) -> Measure:
    groups = _as_set_has_them(expectation, text)

    def query(_: Facts, records: str) -> str:
        # Of values as common as others those of the set come first, so that the limit does not hide them.
        order = f"row(n, {_members(expectation.arguments, text)})"
        common = f"arg_max({{'value': v0, 'n': n}}, {order}, {SHOWN_VALUES})"
        return (
            "SELECT list_transform(list_filter(common, lambda c: c.n = most), lambda c: c.value) AS common"
            f" FROM (SELECT {common} AS common, max(n) AS most FROM ({groups.grouped(records)}))"
        )

    return Measure(groups.counts, (query,))


GROUP_KINDS: dict[str, Build] = {
    "expect_column_values_to_be_unique": _unique,
    "expect_column_unique_value_count_to_be_between": _counted,
    "expect_column_proportion_of_unique_values_to_be_between": _counted,
    "expect_compound_columns_to_be_unique": _compound,
    "expect_column_distinct_values_to_be_in_set": _distinct,
    "expect_column_distinct_values_to_contain_set": _distinct,
    "expect_column_distinct_values_to_equal_set": _distinct,
    "expect_column_most_common_value_to_be_in_set": _most_common,
}
