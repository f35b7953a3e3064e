"""What an expression says about records: met, broken, or neither; and what DuckDB makes of it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfetl_provider.core.expression.duckdb_text import DuckdbText, FileNames
from sfetl_provider.core.expression.shape import read_aggregate, read_condition
from sfetl_provider.core.expression.tree import Kind, aggregates

COLUMNS: dict[str, Kind] = {"A": "raw", "B": "raw", "D": "date", "T": "timestamp"}
NAMES = FileNames(
    columns={"A": "c0", "B": "c1", "D": "c2", "T": "c3"},
    null_markers=("", "NULL"),
    date_format="%d.%m.%Y",
    timestamp_format="%Y-%m-%d %H:%M",
    facts={"month_first_day": date(2013, 2, 1), "month_last_day": date(2013, 2, 28), "month_days": 28},
)
CONNECTION = duckdb.connect()


def _row(a: str | None, b: str | None = "x", day: str = "01.02.2013", at: str = "2013-02-01 00:00") -> str:
    texts = ", ".join("NULL" if text is None else f"'{text}'" for text in (a, b, day, at))
    return f"(SELECT * FROM (VALUES ({texts})) AS record(c0, c1, c2, c3))"


def _is_broken(condition: str, row: str) -> Any:
    text = DuckdbText(NAMES)
    violated = text.violated(read_condition(condition, COLUMNS))
    (value,) = CONNECTION.execute(f"SELECT {violated} FROM {row}", text.binds).fetchone() or ()
    return value


@pytest.mark.parametrize(
    ("condition", "row", "is_broken"),
    [
        ("a > 0", _row("1"), False),
        ("a > 0", _row("0"), True),
        ("a > 0", _row(None), False),
        ("a > 0", _row("NULL"), False),
        ("a > 0", _row("abc"), True),
        ("TRY_CAST(a AS NUMBER) > 0", _row("abc"), False),
        ("CAST(a AS NUMBER(3, 1)) < 9.9", _row("9.94"), True),
        ("a::INTEGER = 2", _row("1.5"), False),
        ("a + CAST(b AS NUMBER) = 0.3", _row("0.1", "0.2"), False),
        ("a * b::number = 0.02", _row("0.1", "0.2"), False),
        ("a / b::number > 1", _row("1", "0"), False),
        ("a % 2 = 1", _row("7"), False),
        ("-a < -5 AND abs(a) = 7 AND round(a / 3, 1) = 2.3 AND round(a) = 7", _row("7"), False),
        ("a IS NOT NULL", _row(""), True),
        ("a IS NULL OR b = 'x'", _row("1", "x"), False),
        ("a NOT IN (1, 2)", _row("2.0"), True),
        ("b IN ('x', 'y') AND b LIKE '_' AND b <> 'X'", _row("1"), False),
        ("regexp_like(b, 'x')", _row("1", "xx"), True),
        ("upper(trim(b)) = 'X' AND lower('X') = 'x'", _row("1", " x "), False),
        ("length(a) BETWEEN 1 AND 2", _row("123"), True),
        ("d = '2013-02-01' AND year(d) = 2013 AND month(d) = 2 AND day(d) = 1", _row("1"), False),
        ("dayofweek(d) = 5 AND dayofweekiso(d) = 5", _row("1"), False),
        ("dayofweek(d) = 0 AND dayofweekiso(d) = 7", _row("1", day="03.02.2013"), False),
        ("d > month_last_day() - 3", _row("1", day="25.02.2013"), True),
        ("d > month_last_day() - 3", _row("1", day="26.02.2013"), False),
        ("d - month_first_day() + 1 <= month_days() AND d + 1 > d", _row("1"), False),
        ("d - '2013-01-31' = 1", _row("1"), False),
        ("d = t", _row("1"), False),
        ("d = t", _row("1", at="2013-02-01 10:00"), True),
        ("d = CAST(t AS DATE)", _row("1", at="2013-02-01 10:00"), False),
        ("CAST(d AS DATE) = d AND TRY_CAST(t AS TIMESTAMP) = t", _row("1"), False),
        ("TRY_CAST(d AS DATE) IS NOT NULL OR TRUE", _row("1", day="2013-02-01"), False),
        ("t >= '2013-02-01' AND t < '2013-02-01 00:00:01'", _row("1"), False),
        ("DATE '2013-02-01' = d AND CAST('2013-02-01 00:00:00' AS TIMESTAMP) = t", _row("1"), False),
        ("regexp_like(b, '[[:alpha:]]')", _row("1"), False),
        ("CAST(b AS DATE) = d AND CAST(a AS TIMESTAMP) = t", _row("2013-02-01 00:00", "01.02.2013"), False),
        ("CAST(b AS VARCHAR) = 'x' AND CAST(length(b) AS NUMBER(1)) = 1", _row("1"), False),
        ("d IS NOT NULL", _row("1", day="2013-02-01"), True),
        ("CASE WHEN b = 'x' THEN a > 1 WHEN b = 'y' THEN a > 2 END", _row("1"), True),
        ("CASE WHEN b = 'z' THEN a > 1 END", _row("1"), False),
        ("coalesce(a, NULL, 5) = 5 AND nullif(a, 1) IS NULL", _row(None), False),
        ("b = 'it''s'", _row("1", "it''s"), False),
        ("b = '$v1'", _row("1", "$v1"), False),
        ("TRUE", _row(None), False),
    ],
)
def test_a_record_breaks_a_condition_when_it_is_false_or_a_value_cannot_be_read(
    condition: str, row: str, is_broken: bool
) -> None:
    assert _is_broken(condition, row) is is_broken


@given(st.text(max_size=12))
@settings(deadline=None)
def test_no_text_of_a_rule_reaches_the_statement(secret: str) -> None:
    quoted = "q" + secret.replace("\0", "").replace("\\", "")
    text = DuckdbText(NAMES)
    written = text.violated(read_condition("b = '" + quoted.replace("'", "''") + "'", COLUMNS))

    assert written == "((nullif(nullif(c1, $v0), $v1) = $v2) IS FALSE)"
    assert text.binds["v2"] == quoted


VALUES = st.none() | st.decimals(-1000, 1000, places=2)


@given(st.lists(VALUES, max_size=8), st.decimals(-10, 10, places=2))
@settings(deadline=None)
def test_counts_of_a_condition_are_those_of_plain_python(
    values: list[Decimal | None], bound: Decimal
) -> None:
    text = DuckdbText(NAMES)
    violated = text.violated(read_condition(f"a >= {bound}", COLUMNS))
    rows = ", ".join(f"({'NULL' if value is None else repr(str(value))}, NULL)" for value in [None, *values])
    (found,) = (
        CONNECTION.execute(
            f"SELECT count(*) FILTER (WHERE {violated}) FROM (VALUES {rows}) AS records(c0, c1)", text.binds
        ).fetchone()
        or ()
    )

    assert found == sum(value is not None and value < bound for value in values)


def test_an_aggregate_is_no_value_of_a_record() -> None:
    (aggregate,) = aggregates(read_aggregate("sum(a)", COLUMNS))

    with pytest.raises(TypeError, match="ask for its parts"):
        DuckdbText(NAMES).text(aggregate)
