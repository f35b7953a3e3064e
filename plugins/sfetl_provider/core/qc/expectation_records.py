"""Expectations about each record, as SQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from typing import Any

from sfetl_provider.core.config.expectation_kinds import MOMENT_TYPES, NUMBER_TYPES, TEXT_TYPES, TRUTH_TYPES
from sfetl_provider.core.config.python_regex import re2_text
from sfetl_provider.core.config.python_strptime import duckdb_format, shape_of
from sfetl_provider.core.config.suite import Expectation
from sfetl_provider.core.glob_pattern import date_glob, regex_glob, unless_sure
from sfetl_provider.core.qc.expectation_measure import Measure, count_of, failed, mapped
from sfetl_provider.core.qc.expectation_text import ExpectationText, both, filtered

Build = Callable[[Expectation, ExpectationText], Measure]
Test = Callable[[Any, str, ExpectationText], str]
_WHOLE = "^[+-]?[0-9]+$"


def of_column(test: Test, *, is_refused: bool = False) -> Build:
    """Build the measure of a test that each value that is there must pass, or must not.

    No test is true of a missing value.
    """

    def build(expectation: Expectation, text: ExpectationText) -> Measure:
        arguments: Any = expectation.arguments
        column = expectation.stored(arguments.column)
        value, passed = text.value(column), test(arguments, column, text)
        rows, unexpected = text.rows(expectation.condition), passed if is_refused else failed(passed)
        measure = mapped(text.shared, rows, f"{value} IS NOT NULL", unexpected, value)
        judged = filtered(f"count({value})", rows)
        failures = f"{judged} - {count_of(both(rows, f'({passed})'))}"
        found = {"judged": judged} if is_refused else {"judged": judged, "unexpected": failures}
        return replace(measure, aggregates={**measure.aggregates, **found})

    return build


def _nulls(is_null_unexpected: bool) -> Build:
    def build(expectation: Expectation, text: ExpectationText) -> Measure:
        arguments: Any = expectation.arguments
        value = text.value(expectation.stored(arguments.column))
        unexpected = f"{value} IS NULL" if is_null_unexpected else f"{value} IS NOT NULL"
        return mapped(text.shared, text.rows(expectation.condition), "", unexpected, value)

    return build


def between(arguments: Any, value: str, text: ExpectationText) -> str:
    """Give the condition that a value lies within the bounds."""
    tests = []
    if arguments.min_value is not None:
        tests.append(
            f"{value} {'>' if arguments.strict_min else '>='} {text.bind(_plain(arguments.min_value))}"
        )
    if arguments.max_value is not None:
        tests.append(
            f"{value} {'<' if arguments.strict_max else '<='} {text.bind(_plain(arguments.max_value))}"
        )
    return " AND ".join(tests)


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, int) else value


def _within(arguments: Any, column: str, text: ExpectationText) -> str:
    bound = arguments.max_value if arguments.min_value is None else arguments.min_value
    return between(arguments, text.as_asked(column, bound), text)


def _length(column: str, text: ExpectationText) -> str:
    return f"length({text.value(column)})"


def _length_within(arguments: Any, column: str, text: ExpectationText) -> str:
    """Ask for the characters only where the bytes, one to four a character, leave it open."""
    test = between(arguments, _length(column, text), text)
    if arguments.max_value is None or arguments.strict_min or arguments.strict_max:
        return test
    least = max(0, 4 * (arguments.min_value or 0) - 3)
    sure = f"strlen({text.value(column)}) BETWEEN {text.bind(least)} AND {text.bind(arguments.max_value)}"
    return unless_sure(sure, test)


def _matching(pattern: str, column: str, text: ExpectationText) -> str:
    return unless_sure(text.like_glob(column, regex_glob(pattern)), _match(pattern, column, text))


def _match(pattern: str, column: str, text: ExpectationText) -> str:
    return f"regexp_matches({text.value(column)}, {text.bind(re2_text(pattern))})"


def _like(pattern: str, escape: str | None, column: str, text: ExpectationText) -> str:
    escaped = f" ESCAPE {text.bind(escape)}" if escape else ""
    return f"{text.value(column)} LIKE {text.bind(pattern)}{escaped}"


def _matches(arguments: Any, column: str, text: ExpectationText) -> str:
    word = " AND " if arguments.match_on == "all" else " OR "
    return f"({word.join(_match(pattern, column, text) for pattern in arguments.regex_list)})"


def _likes(arguments: Any, column: str, text: ExpectationText) -> str:
    word = " AND " if arguments.match_on == "all" else " OR "
    patterns = [_like(pattern, arguments.escape, column, text) for pattern in arguments.like_pattern_list]
    return f"({word.join(f'({pattern})' for pattern in patterns)})"


def _dated(arguments: Any, column: str, text: ExpectationText) -> str:
    value, asked = text.value(column), arguments.strftime_format
    shaped = f"regexp_matches({value}, {text.bind(shape_of(asked))})"
    sure = text.like_glob(column, date_glob(asked))
    return f"{unless_sure(sure, shaped)} AND {text.parsed(column, duckdb_format(asked))} IS NOT NULL"


def _typed(name: str, column: str, text: ExpectationText) -> str:
    if name in TEXT_TYPES:
        return f"{text.value(column)} IS NOT NULL"
    if name in NUMBER_TYPES:
        return f"{text.number(column)} IS NOT NULL"
    if name in TRUTH_TYPES:
        return f"lower({text.value(column)}) IN ('true', 'false')"
    if name in MOMENT_TYPES:
        return f"{text.moment(column)} IS NOT NULL"
    value = text.value(column)
    sure = f"{value} <> '' AND NOT {value} GLOB '*[!0-9]*'"
    return unless_sure(sure, f"regexp_matches({value}, {text.bind(_WHOLE)})")


def _typed_as_any(arguments: Any, column: str, text: ExpectationText) -> str:
    return f"({' OR '.join(_typed(name, column, text) for name in arguments.type_list)})"


def _pair(test: Callable[[Any, str, str, ExpectationText], str]) -> Build:
    def build(expectation: Expectation, text: ExpectationText) -> Measure:
        arguments: Any = expectation.arguments
        left, right = expectation.stored(arguments.column_A), expectation.stored(arguments.column_B)
        values = text.value(left), text.value(right)
        judged = {
            "both_values_are_missing": " OR ",
            "either_value_is_missing": " AND ",
        }.get(arguments.ignore_row_if)
        there = judged.join(f"{value} IS NOT NULL" for value in values) if judged else "true"
        unexpected = failed(test(arguments, left, right, text))
        return mapped(
            text.shared, text.rows(expectation.condition), f"({there})", unexpected, f"[{', '.join(values)}]"
        )

    return build


def _greater(arguments: Any, left: str, right: str, text: ExpectationText) -> str:
    return text.compared(left, ">=" if arguments.or_equal else ">", right)


def _in_pairs(arguments: Any, left: str, right: str, text: ExpectationText) -> str:
    def same(column: str, value: Any) -> str:
        return f"{text.value(column)} IS NULL" if value is None else text.member(column, [value])

    pairs = [f"({same(left, a)} AND {same(right, b)})" for a, b in arguments.value_pairs_set]
    return f"({' OR '.join(pairs)})" if pairs else "false"


def of_columns(test: Callable[[Any, list[str], ExpectationText], str]) -> Build:
    """Build the measure of a test over several values of each record."""

    def build(expectation: Expectation, text: ExpectationText) -> Measure:
        arguments: Any = expectation.arguments
        columns = [expectation.stored(name) for name in arguments.column_list]
        values = [text.value(column) for column in columns]
        unexpected = failed(test(arguments, columns, text))
        shown = f"[{', '.join(values)}]"
        return mapped(
            text.shared, text.rows(expectation.condition), there(arguments, values), unexpected, shown
        )

    return build


def there(arguments: Any, values: list[str]) -> str:
    """Give the condition that a record is not to be ignored for its missing values."""
    word = {"all_values_are_missing": " OR ", "any_value_is_missing": " AND "}.get(arguments.ignore_row_if)
    return f"({word.join(f'{value} IS NOT NULL' for value in values)})" if word else "true"


def _same(left: str, right: str, text: ExpectationText) -> str:
    missing = f"({text.value(left)} IS NULL AND {text.value(right)} IS NULL)"
    return f"(coalesce({text.compared(left, '=', right)}, false) OR {missing})"


def _all_same(_: Any, columns: list[str], text: ExpectationText) -> str:
    return " AND ".join(_same(columns[0], column, text) for column in columns[1:])


def _none_same(_: Any, columns: list[str], text: ExpectationText) -> str:
    return " AND ".join(f"NOT {_same(left, right, text)}" for left, right in combinations(columns, 2))


def _sum(arguments: Any, columns: list[str], text: ExpectationText) -> str:
    return (
        f"({' + '.join(text.number(column) for column in columns)}) = {text.bind(float(arguments.sum_total))}"
    )


RECORD_KINDS: dict[str, Build] = {
    "expect_column_values_to_not_be_null": _nulls(is_null_unexpected=True),
    "expect_column_values_to_be_null": _nulls(is_null_unexpected=False),
    "expect_column_values_to_be_in_set": of_column(lambda a, c, t: t.member(c, a.value_set)),
    "expect_column_values_to_not_be_in_set": of_column(
        lambda a, c, t: f"coalesce({t.member(c, a.value_set)}, false)", is_refused=True
    ),
    "expect_column_values_to_be_between": of_column(_within),
    "expect_column_value_lengths_to_be_between": of_column(_length_within),
    "expect_column_value_lengths_to_equal": of_column(
        lambda a, c, t: f"{_length(c, t)} = {t.bind(float(a.value))}"
    ),
    "expect_column_values_to_match_regex": of_column(lambda a, c, t: _matching(a.regex, c, t)),
    "expect_column_values_to_not_match_regex": of_column(
        lambda a, c, t: _match(a.regex, c, t), is_refused=True
    ),
    "expect_column_values_to_match_regex_list": of_column(_matches),
    "expect_column_values_to_not_match_regex_list": of_column(_matches, is_refused=True),
    "expect_column_values_to_match_like_pattern": of_column(
        lambda a, c, t: _like(a.like_pattern, a.escape, c, t)
    ),
    "expect_column_values_to_not_match_like_pattern": of_column(
        lambda a, c, t: f"({_like(a.like_pattern, a.escape, c, t)})", is_refused=True
    ),
    "expect_column_values_to_match_like_pattern_list": of_column(_likes),
    "expect_column_values_to_not_match_like_pattern_list": of_column(_likes, is_refused=True),
    "expect_column_values_to_match_strftime_format": of_column(_dated),
    "expect_column_values_to_be_json_parseable": of_column(lambda _, c, t: f"json_valid({t.value(c)})"),
    "expect_column_values_to_be_of_type": of_column(lambda a, c, t: _typed(a.type_, c, t)),
    "expect_column_values_to_be_in_type_list": of_column(_typed_as_any),
    "expect_column_pair_values_to_be_equal": _pair(lambda _, a, b, t: t.compared(a, "=", b)),
    "expect_column_pair_values_a_to_be_greater_than_b": _pair(_greater),
    "expect_column_pair_values_to_be_in_set": _pair(_in_pairs),
    "expect_multicolumn_sum_to_equal": of_columns(_sum),
    "expect_multicolumn_values_to_be_equal": of_columns(_all_same),
    "expect_select_column_values_to_be_unique_within_record": of_columns(_none_same),
}
