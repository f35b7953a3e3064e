"""What the language of rules has, and what it refuses with a reason."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfetl_provider.core.expression.shape import read_aggregate, read_condition
from sfetl_provider.core.expression.tree import Cast, Column, Constant, ExpressionError, Kind, walk

COLUMNS: dict[str, Kind] = {"A": "raw", "B": "raw", "D": "date", "T": "timestamp", "odd name": "raw"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a >", "not one expression"),
        ("a > 1; DROP TABLE x", "not one expression"),
        ("'''", "not one expression"),
        ("", "not one expression"),
        ("a > " + "1" * 5000, "longer than 4000 characters"),
        ("(" * 300 + "a > 1" + ")" * 300, "nested too deeply"),
        ("a", "a condition is true or false, and A is not"),
        ("length(a)", "a condition is true or false, and length() is not"),
        ("nope = 1", "NOPE is not one of the columns"),
        ('"a" = 1', "a is not one of the columns"),
        ("x.a = 1", "x.a is not part of the language of rules in this form"),
        ("a IN (SELECT 1)", "a IN (SELECT 1) is not part"),
        ("EXISTS (SELECT 1)", "EXISTS(SELECT 1) is not part"),
        ("(SELECT 1) > 0", "(SELECT 1) is not part"),
        ("random() > 1", "RANDOM() is not part"),
        ("current_date > d", "CURRENT_DATE is not part"),
        ("system$wait(1) = 1", "there is no such function"),
        ("month_first_day(1) = d", "not part of the language of rules in this form"),
        ("a.* = 1", "a.* is not part of the language"),
        ("* = 1", "* is not part of the language"),
        ("$1 = 1", "is not part of the language"),
        ("? = 1", "is not part of the language"),
        ("a = :x", "is not part of the language"),
        ("a:b = 1", "is not part of the language"),
        ("a[0] = 1", "is not part of the language"),
        ("a || b = 'x'", "a || b is not part"),
        ("a LIKE 'x' ESCAPE '!'", "is not part"),
        ("a ILIKE 'x'", "is not part"),
        ("a LIKE b", "the pattern of like must be a text"),
        ("regexp_like(a, '(?=b)c')", "(? in the pattern"),
        (r"regexp_like(a, '(b)\\1')", "in the pattern"),
        ("regexp_like(a, '[b')", "cannot be read"),
        ("regexp_like(a, 'b', 'i')", "in this form"),
        ("trim(a, 'x') = 'y'", "in this form"),
        ("a IS TRUE", "IS takes NULL"),
        ("a = NULL", "nothing is = NULL: write IS NULL"),
        ("a = b", "= does not say what A is: write CAST(A AS NUMBER)"),
        ("coalesce(a, b) = 1", "coalesce does not say what A is"),
        ("a = 1 OR 'x'", "OR takes a boolean, and 'x' is a text"),
        ("NOT a", "NOT takes a boolean, and A is a column"),
        ("a + 'x' > 1", "+ takes a number, and 'x' is a text"),
        ("length(a) = 'x'", "= takes a number, and 'x' is a text"),
        ("d = 'x'", "'x' stands for a date, and is not written as YYYY-MM-DD"),
        ("d = '2013-W05-5'", "is not written as YYYY-MM-DD"),
        ("d = '2013-02-30'", "there is no date '2013-02-30'"),
        ("t = '2013-02-01 25:00:00'", "there is no timestamp '2013-02-01 25:00:00'"),
        ("t = '10:00'", "is not written as YYYY-MM-DD, or YYYY-MM-DD HH:MM:SS"),
        ("CAST('x' AS DATE) = d", "'x' stands for a date"),
        ("d > 3", "d"),
        ("length(d) = 3", "length takes a text, and D is a date"),
        ("CAST(a AS FLOAT) = 1", "CAST to DOUBLE: use NUMBER, DATE, TIMESTAMP or VARCHAR"),
        ("CAST(a AS NUMBER(39, 2)) = 1", "NUMBER has up to 38 digits"),
        ("CAST(a AS NUMBER(5, 6)) = 1", "NUMBER has up to 38 digits"),
        ("CAST(length(a) AS DATE) = d", "CAST takes a date, and length() is a number"),
        ("a = 1e40", "1e40 does not fit NUMBER(38, 10)"),
        ("a = 0.00000000001", "does not fit NUMBER(38, 10)"),
        ("a = 'x\0y'", "a text must not hold a NUL character"),
        ("round(a, b) = 1", "round takes a number of decimals from 0 to 10"),
        ("round(a, -1) = 1", "round takes a number of decimals from 0 to 10"),
        ("round(a, 11) = 1", "round takes a number of decimals from 0 to 10"),
        ("count(*) > 1", "count_all() looks at all records: that is a rule with `aggregate`"),
        ("a > days_with_rows()", "days_with_rows() is known once all records are read"),
        ("a BETWEEN SYMMETRIC 1 AND 2", "in this form"),
        ("CASE WHEN a THEN TRUE END", "WHEN takes a boolean"),
    ],
)
def test_a_condition_that_the_language_does_not_have_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        read_condition(text, COLUMNS)

    assert reason in str(caught.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a", "bounds need a number, and A is none"),
        ("lower('x')", "bounds need a number, and lower() is none"),
        ("count(*) > 1", "bounds need a number, and the result of > is none"),
        ("sum(a) + length(b)", "length() stands outside of an aggregate"),
        ("sum(a) + b", "B stands outside of an aggregate"),
        ("CASE WHEN TRUE THEN count(*) ELSE 0 END", "case() stands outside of an aggregate"),
        ("sum(sum(a))", "sum() stands inside of another aggregate"),
        ("sum(days_with_rows())", "days_with_rows() is known once"),
        ("count(DISTINCT a, b)", "count(DISTINCT …) takes one value"),
        ("min(d)", "min takes a number, and D is a date"),
        ("min(a, 2)", "in this form"),
        ("sum(a) OVER (PARTITION BY b)", "is not part of the language"),
        ("count(*) FILTER (WHERE a > 1)", "is not part of the language"),
        ("count_if(a)", "count_if takes a boolean, and A is a column"),
    ],
)
def test_an_aggregate_that_the_language_does_not_have_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        read_aggregate(text, COLUMNS)

    assert reason in str(caught.value)


def test_columns_are_read_as_what_surrounds_them() -> None:
    tree = read_condition("a > 1 AND b = 'x' AND d < t AND \"odd name\" IS NULL", COLUMNS)

    read = {item.operand: (item.kind, item.is_strict) for item in walk(tree) if isinstance(item, Cast)}
    assert read[Column("A")] == ("number", True)
    assert read[Column("B")] == ("text", False)
    assert read[Column("T")] == ("timestamp", True)
    assert read[Column("D")] == ("date", True)


def test_a_number_without_sizes_keeps_ten_decimals_and_an_integer_none() -> None:
    sizes = {
        text: next(
            (item.precision, item.scale)
            for item in walk(read_condition(f"{text} > 0", COLUMNS))
            if isinstance(item, Cast)
        )
        for text in ("a", "CAST(a AS NUMBER)", "a::INTEGER", "a::NUMBER(12, 2)", "a::NUMBER(5)")
    }

    assert list(sizes.values()) == [(38, 10), (38, 10), (38, 0), (12, 2), (5, 0)]


def test_a_comment_is_no_part_of_it() -> None:
    assert read_condition("a > 1 -- DROP TABLE x", COLUMNS) == read_condition("(a) > 1", COLUMNS)


WORDS = """a b d t 1 -2.5 'x' '2013-02-01' NULL TRUE ( ) , + - * / % = <> < AND OR NOT IN BETWEEN LIKE IS CASE
WHEN THEN ELSE END CAST( TRY_CAST( AS NUMBER) DATE) length( sum( count( count_if( coalesce( round( nullif(
month_days() month_first_day() :: . ; -- " $$ { [ SELECT FROM"""


@given(st.lists(st.sampled_from(WORDS.split()), max_size=12).map(" ".join) | st.text(max_size=20))
def test_any_text_is_either_a_tree_of_known_nodes_or_refused(text: str) -> None:
    for read in (read_condition, read_aggregate):
        with suppress(ExpressionError):
            tree = read(text, COLUMNS)
            assert all(not isinstance(item, Column) or item.name in COLUMNS for item in walk(tree))
            assert all(not isinstance(item, Constant) or item.kind != "raw" for item in walk(tree))
