"""Whatever the language lets through, DuckDB computes."""

from __future__ import annotations

from contextlib import suppress

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from sfetl_provider.core.expression.duckdb_text import DuckdbText
from sfetl_provider.core.expression.shape import read_aggregate, read_condition
from sfetl_provider.core.expression.tree import aggregates
from tests.core.expression.test_duckdb_text import COLUMNS, CONNECTION, NAMES

Texts = st.SearchStrategy[str]
ROWS = (
    "(VALUES ('1.5', 'x', '01.02.2013', '2013-02-01 00:00'), ('', NULL, 'x', 'y')) AS records(c0, c1, c2, c3)"
)


def _filled(*templates: str, **parts: Texts) -> Texts:
    """Give any of the templates with any of the parts in each hole."""

    def fill(template: str) -> Texts:
        pieces = template.split("?")
        holes = [parts[piece[0]] for piece in pieces[1:]]
        return st.tuples(*holes).map(
            lambda values: (
                pieces[0]
                + "".join(value + piece[1:] for value, piece in zip(values, pieces[1:], strict=True))
            )
        )

    return st.sampled_from(templates).flatmap(fill)


def _expressions(kinds: dict[str, Texts]) -> dict[str, Texts]:
    """Give expressions of each kind one level deeper: n number, t text, d date, m timestamp, b boolean."""
    same = [f"{name}({{0}}, {{0}})" for name in ("coalesce", "nullif")] + [
        "CASE WHEN ?b THEN {0} ELSE {0} END"
    ]
    chosen = {kind: [form.format(f"?{kind}") for form in same] for kind in kinds}
    compared = [
        form.format(f"?{kind}")
        for kind in "ntdm"
        for form in (
            "{0} = {0}",
            "{0} < {0}",
            "{0} IN ({0}, {0})",
            "{0} NOT BETWEEN {0} AND {0}",
            "{0} IS NULL",
        )
    ]
    forms = {
        "n": ["(?n + ?n)", "(?n - ?n)", "(?n * ?n)", "?n / ?n", "?n % ?n", "-(?n)", "abs(?n)", "round(?n, 2)",
              "length(?t)", "day(?d)", "month(?m)", "year(?d)", "dayofweek(?d)", "dayofweekiso(?m)", "(?d - ?d)",
              "CAST(?n AS NUMBER(12, 2))", "CAST(?t AS INTEGER)", "TRY_CAST(?t AS NUMBER)"],
        "t": ["lower(?t)", "upper(?t)", "trim(?t)", "CAST(?t AS VARCHAR)"],
        "d": ["(?d + 1)", "(?d - length(?t))", "CAST(?m AS DATE)", "TRY_CAST(lower(?t) AS DATE)"],
        "m": ["CAST(?d AS TIMESTAMP)", "CAST(trim(?t) AS TIMESTAMP)"],
        "b": ["(?b AND ?b)", "(?b OR ?b)", "(NOT ?b)", "?t LIKE '_%'", "regexp_like(?t, '[a-z]+')", *compared],
    }  # fmt: skip
    return {kind: kinds[kind] | _filled(*forms[kind], *chosen[kind], **kinds) for kind in kinds}


LEAVES = {
    "n": st.sampled_from(["0", "-2.5", "1234567890.0123456789", "CAST(a AS NUMBER)", "month_days()"]),
    "t": st.sampled_from(["'x'", "''", "'it''s'", "CAST(b AS VARCHAR)"]),
    "d": st.sampled_from(["d", "month_first_day()", "month_last_day()", "DATE '2013-02-01'"]),
    "m": st.sampled_from(["t", "CAST('2013-02-01 10:00:00' AS TIMESTAMP)"]),
    "b": st.sampled_from(["TRUE", "FALSE", "a > 0", "b = 'x'", "d = t"]),
}
EXPRESSIONS = _expressions(_expressions(LEAVES))
AGGREGATES = _filled(
    "count(*)", "count(?t)", "count_if(?b)", "count(DISTINCT ?t)", "count(DISTINCT ?n)",
    *(f"{name}(?n)" for name in ("sum", "avg", "min", "max", "stddev", "median")),
    **EXPRESSIONS,
)  # fmt: skip


def _run(text: DuckdbText, computed: list[str]) -> list[tuple[object, ...]]:
    # Numbers and dates beyond their range are the only thing that may go wrong.
    with suppress(duckdb.OutOfRangeException, duckdb.ConversionException):
        used = {name: value for name, value in text.binds.items() if f"${name}" in "".join(computed)}
        return CONNECTION.execute(f"SELECT {', '.join(computed)} FROM {ROWS}", used).fetchall()
    return []


@given(EXPRESSIONS["b"])
@settings(deadline=None, max_examples=150)
def test_a_condition_is_met_or_broken(condition: str) -> None:
    text = DuckdbText(NAMES)

    found = _run(text, [text.violated(read_condition(condition, COLUMNS))])

    assert {value for row in found for value in row} <= {True, False}


@given(AGGREGATES)
@settings(deadline=None, max_examples=150)
def test_an_aggregate_has_parts_that_are_numbers(aggregate: str) -> None:
    text = DuckdbText(NAMES)
    (node,) = aggregates(read_aggregate(aggregate, COLUMNS))

    found = _run(text, text.parts(node))

    assert all(value is None or not isinstance(value, str | bool) for row in found for value in row)
