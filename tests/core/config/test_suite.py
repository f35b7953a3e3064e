"""Suites are read in Great Expectations' own JSON; every fault is named with its place."""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfetl_provider.core.config.expectation_kinds import KINDS
from sfetl_provider.core.config.load import load_feeds
from sfetl_provider.core.config.python_regex import re2_text
from sfetl_provider.core.config.python_strptime import duckdb_format, shape_of
from sfetl_provider.core.config.row_condition import (
    ColumnName,
    Comparison,
    Condition,
    Joined,
    Membership,
    Missing,
    Opposite,
    read_row_condition,
)
from sfetl_provider.core.config.suite import SuiteError, read_suite, stored_name

COLUMNS = ("ID", "DAY", "Mixed name")
A, DAY, MIXED = ColumnName("ID"), ColumnName("DAY"), ColumnName("Mixed name")


def _faults(*expectations: dict[str, Any], **more: Any) -> list[tuple[str, str]]:
    with pytest.raises(SuiteError) as error:
        read_suite({"expectations": list(expectations), **more}, COLUMNS)
    return [("/".join(map(str, location)), text) for location, text in error.value.faults]


def _in_set(**kwargs: Any) -> dict[str, Any]:
    return {
        "type": "expect_column_values_to_be_in_set",
        "kwargs": {"column": "id", "value_set": [1], **kwargs},
    }


def test_a_suite_as_gx_writes_it_is_read() -> None:
    expectation = {
        **_in_set(mostly=0.9),
        "id": "5d8f",
        "meta": {"a": 1},
        "notes": "n",
        "description": "d",
        "severity": "warning",
        "rendered_content": None,
    }
    suite = read_suite(
        {"name": "s", "id": None, "expectations": [expectation], "meta": {"great_expectations_version": "1"}},
        COLUMNS,
    )
    assert (suite.name, suite.expectations[0].severity) == ("s", "warning")
    assert suite.expectations[0].kwargs == expectation["kwargs"]


def test_all_faults_come_at_once_with_their_places() -> None:
    found = _faults(
        {"type": "expect_column_values_to_be_dateutil_parseable", "kwargs": {"column": "id"}},
        _in_set(column="nothing", value_set=[1]),
        _in_set(value_set=[1, True]),
        _in_set(mostly=1.1),
        _in_set(colour="red"),
        _in_set(row_condition="id > 1"),
        _in_set(row_condition="lower(id) == 'a'", condition_parser="pandas"),
        {"type": "expect_column_values_to_match_regex", "kwargs": {"column": "id", "regex": "(?=a)"}},
        {"type": "expect_column_values_to_be_between", "kwargs": {"column": "id"}},
        {"type": "expect_column_max_to_be_between", "kwargs": {"column": "id", "min_value": "abc"}},
        {**_in_set(), "severity": "fatal"},
        _in_set(value_set={"$PARAMETER": "x"}),
        _in_set(value_set=[2**60]),
        suite_parameters={"x": 1},
    )
    assert [place for place, _ in found] == [
        "suite_parameters",
        "expectations/0/type",
        "expectations/1/kwargs/column",
        "expectations/2/kwargs/value_set/1",
        "expectations/3/kwargs/mostly",
        "expectations/4/kwargs/colour",
        "expectations/5/kwargs/row_condition",
        "expectations/6/kwargs/row_condition",
        "expectations/7/kwargs/regex",
        "expectations/8/kwargs",
        "expectations/9/kwargs/min_value",
        "expectations/10/severity",
        "expectations/11/kwargs/value_set",
        "expectations/12/kwargs/value_set/0",
    ]
    assert "supported are: expect_column_distinct_values_to_be_in_set, " in dict(found)["expectations/0/type"]


def test_columns_are_named_as_in_the_file_the_config_or_the_table() -> None:
    assert [stored_name(name, COLUMNS) for name in ("id", "ID", "Mixed name", '"Mixed name"')] == [
        "ID",
        "ID",
        "Mixed name",
        "Mixed name",
    ]


@pytest.mark.parametrize(
    ("condition", "parser", "tree"),
    [
        ("id > 3", "pandas", Comparison(A, ">", 3)),
        ("-3 < id <= 4", "pandas", Joined(True, (Comparison(A, ">", -3), Comparison(A, "<=", 4)))),
        (
            "id == 'a&b' & day != \"x\"",
            "pandas",
            Joined(True, (Comparison(A, "==", "a&b"), Comparison(DAY, "!=", "x"))),
        ),
        (
            "`Mixed name`.isna() | not id in [1]",
            "pandas",
            Joined(False, (Missing(MIXED), Opposite(Membership(A, (1,))))),
        ),
        ("id < day", "pandas", Comparison(A, "<", DAY)),
        ('col("id") >= 3.5', "great_expectations", Comparison(A, ">=", 3.5)),
        ('col("day").notNull()', "great_expectations__experimental__", Opposite(Missing(DAY))),
        ('col("day") < date("2024-01-01")', "great_expectations", Comparison(DAY, "<", "2024-01-01")),
        (
            {"type": "comparison", "column": {"name": "id"}, "operator": "NOT_IN", "parameter": [1]},
            None,
            Opposite(Membership(A, (1,))),
        ),
        ({"type": "pass_through", "pass_through_filter": "id == 1"}, None, Comparison(A, "==", 1)),
    ],
)
def test_row_conditions_of_every_form_become_one_tree(
    condition: Any, parser: str | None, tree: Condition
) -> None:
    assert read_row_condition(condition, parser, lambda name: stored_name(name, COLUMNS)) == tree


@pytest.mark.parametrize(
    "condition",
    [
        "id",
        "id +",
        "id + 1 > 2",
        "@x > 1",
        "id.str.len() > 2",
        "__import__('os')",
        "id == [1]",
        "id is None",
        "1 < 2",
    ],
)
def test_what_is_no_row_condition_is_refused(condition: str) -> None:
    with pytest.raises(ValueError, match=r"offered|read|column|value|compares"):
        read_row_condition(condition, "pandas", lambda name: stored_name(name, COLUMNS))


PIECES = (
    "a",
    "é",
    "٣",
    r"\d",
    r"\D",
    r"\w",
    r"\W",
    r"\s",
    r"\S",
    "[a-c]",
    r"[^\d\s]",
    r"[\w-]",
    "[]a]",
    "(b|c)",
    ".",
    "_",
)
COUNTS = ("", "*", "+?", "{1,2}", "{,2}")


@given(
    st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(COUNTS)), min_size=1, max_size=4),
    st.lists(st.text("abcé٣ _-]9\t\u00a0\x1cZ", max_size=6), min_size=1, max_size=8),
)
def test_a_regular_expression_finds_the_same_in_re2(pieces: list[tuple[str, str]], texts: list[str]) -> None:
    pattern = "^" + "".join(piece + count for piece, count in pieces) + r"\Z"
    found = duckdb.execute(
        "SELECT list_transform($texts, lambda t: regexp_matches(t, $pattern))",
        {"texts": texts, "pattern": re2_text(pattern)},
    ).fetchall()
    assert found == [([re.search(pattern, text) is not None for text in texts],)]


@pytest.mark.parametrize(
    "pattern", ["(", "(?=a)", "(?<!a)", r"(a)\1", "(?P<x>a)(?P=x)", r"[\W]", "(?x) a", "(?>a)", "a++"]
)
def test_what_re2_does_not_have_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"offered|no regular expression"):
        re2_text(pattern)


FORMATS = (
    "%Y-%m-%d",
    "%y-%m-%d",
    "%Y%m%d",
    "%d %b %Y",
    "%a %d %B %Y",
    "%Y-%j",
    "%I:%M %p",
    "%H:%M:%S.%f",
    "%%%Y",
)
MOMENTS = (
    *("2013-02-01", "2013-2-1", "2013-02-29", "13-02-01", "2013-02-01 ", "20130201", "2013-13-01"),
    *("01 Feb 2013", "1 feb 2013", "Fri 01 FEBRUARY 2013", "2013-032", "2013-366", "2012-366", "%2013"),
    *("10:11 PM", "13:11 PM", "0000-01-01", "9999-12-31", "10:11:60.5", "10:11:12.1234567", "1:2:3.000001"),
)


@pytest.mark.parametrize("strftime_format", FORMATS)
def test_a_format_reads_the_same_dates_as_python(strftime_format: str) -> None:
    def is_read(text: str) -> bool:
        try:
            datetime.datetime.strptime(text, strftime_format)
        except ValueError:
            return False
        return True

    ((found,),) = duckdb.execute(
        "SELECT list_transform($t, lambda t: regexp_matches(t, $shape) AND try_strptime(t, $format) IS NOT NULL)",
        {"t": list(MOMENTS), "shape": shape_of(strftime_format), "format": duckdb_format(strftime_format)},
    ).fetchall()
    assert found == [is_read(text) for text in MOMENTS]


def test_a_feed_names_its_suite_and_faults_name_the_suites_file(tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "expectations").mkdir()
    config = {
        "table": {"database": "d", "schema": "s", "name": "t"},
        "columns": ["id", "day"],
        "date": {"column": "day"},
        "files": {"patterns": ["*"]},
    }
    for feed, suite in (("good", "right"), ("bad", "wrong"), ("lost", "absent"), ("plain", None)):
        content = {**config, "qc": {"expectations": suite}}
        (tmp_path / "configs" / f"{feed}.json").write_text(json.dumps(content))
    (tmp_path / "expectations" / "right.json").write_text(
        json.dumps({"name": "r", "expectations": [_in_set()]})
    )
    (tmp_path / "expectations" / "wrong.json").write_text(
        json.dumps({"expectations": [_in_set(column="x"), {"type": "expect_luck", "kwargs": {}}]})
    )
    loaded = load_feeds(tmp_path / "configs")
    assert {feed.feed: feed.suite is not None for feed in loaded.feeds} == {"good": True, "plain": False}
    bad, unsupported, lost = loaded.faults
    assert (bad.file, bad.pointer) == ("expectations/wrong.json", "/expectations/0/kwargs/column")
    assert (unsupported.file, unsupported.pointer) == ("expectations/wrong.json", "/expectations/1/type")
    assert unsupported.message == f"'expect_luck' is not supported; supported are: {', '.join(KINDS)}"
    assert (lost.file, lost.pointer) == ("lost.json", "/qc/expectations")


@pytest.mark.parametrize(
    ("value", "condition"),
    [
        (
            {"type": "comparison", "column": {"name": "id"}, "operator": "IN", "parameter": [1, "a"]},
            Membership(A, (1, "a")),
        ),
        (
            {"type": "comparison", "column": {"name": "id"}, "operator": "NOT_IN", "parameter": [1]},
            Opposite(Membership(A, (1,))),
        ),
        ({"type": "nullity", "column": {"name": "day"}, "is_null": False}, Opposite(Missing(DAY))),
        ({"type": "pass_through", "pass_through_filter": "id > 3"}, Comparison(A, ">", 3)),
    ],
)
def test_a_condition_as_an_object_is_what_its_text_is(value: dict[str, Any], condition: Condition) -> None:
    either = {"type": "or", "conditions": [value, value]}

    assert read_row_condition(value, None, lambda name: stored_name(name, COLUMNS)) == condition
    assert read_row_condition(either, None, lambda name: stored_name(name, COLUMNS)) == Joined(
        False, (condition, condition)
    )


@pytest.mark.parametrize(
    ("value", "parser", "said"),
    [
        (7, "pandas", "a text or an object"),
        ("id > 3", None, "needs a condition_parser"),
        ("id > 3", "great_expectations", "is not of the form col"),
        ({"type": "comparison", "operator": ">"}, None, "no row_condition as Great Expectations writes it"),
        (
            {"type": "comparison", "column": {"name": "id"}, "operator": "~", "parameter": 1},
            None,
            "is no operator",
        ),
        (
            {"type": "comparison", "column": {"name": "id"}, "operator": ">", "parameter": True},
            None,
            "neither a text",
        ),
        ({"type": "other"}, None, "the type of a row_condition is"),
        ("id >", "pandas", "cannot be read as a condition of pandas"),
        ("id is 3", "pandas", "compares with =="),
        ("id in 3", "pandas", "no list of values"),
        ("3 > 4", "pandas", "is no column"),
        ("nothing > 3", "pandas", "none of the feed's columns"),
    ],
)
def test_what_is_no_condition_says_why(value: Any, parser: str | None, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        read_row_condition(value, parser, lambda name: stored_name(name, COLUMNS))


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        (r"(a)\1", "a reference back to a group"),
        ("(?=a)", "look-ahead"),
        ("(?a:b)", "the flag a"),
        ("a++", "a possessive repetition"),
        (r"[\W]", "within [ ] is not offered"),
        ("(", "is no regular expression"),
    ],
)
def test_what_re2_cannot_have_is_refused(pattern: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        re2_text(pattern)


def test_code_points_and_escapes_keep_their_meaning() -> None:
    assert re2_text(r"A[\u0042]\Z") == r"A[\x{0042}]\z"


def test_a_directive_that_is_not_offered_is_refused() -> None:
    with pytest.raises(ValueError, match="%Z in '%Y%Z' is not offered"):
        shape_of("%Y%Z")


@pytest.mark.parametrize(
    ("expectation", "said"),
    [
        ("text", "an expectation is an object"),
        (_in_set(column="other"), "none of the feed's columns"),
        (_in_set(column="9 no"), "none of the feed's columns"),
        (_in_set(value_set=[2**60]), "beyond 2^53"),
        (
            {"type": "expect_column_values_to_be_of_type", "kwargs": {"column": "id", "type_": "COLOUR"}},
            "none of the types",
        ),
        (
            {
                "type": "expect_column_max_to_be_between",
                "kwargs": {"column": "id", "min_value": 3, "max_value": 2},
            },
            "above max_value",
        ),
        (
            {
                "type": "expect_column_quantile_values_to_be_between",
                "kwargs": {"column": "id", "quantile_ranges": {"quantiles": [0.5], "value_ranges": []}},
            },
            "differ in length",
        ),
        (
            {
                "type": "expect_table_column_count_to_equal",
                "kwargs": {"value": 3, "row_condition": "id > 3", "condition_parser": "pandas"},
            },
            "the same for all records",
        ),
    ],
)
def test_a_faulty_expectation_says_why(expectation: Any, said: str) -> None:
    assert any(said in text for _, text in _faults(expectation))


def test_a_suite_without_a_list_is_no_suite() -> None:
    with pytest.raises(SuiteError) as error:
        read_suite({"expectations": {}, "suite_parameters": {"a": 1}}, COLUMNS)

    assert [location for location, _ in error.value.faults] == [("expectations",), ("suite_parameters",)]
