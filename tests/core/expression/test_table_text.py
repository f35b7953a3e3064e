"""The same expression over a file and over the table that it was loaded into: SQL for both says the same.

Snowflake's SQL runs here in DuckDB, as sqlglot translates it; tests/integration runs it on the stand-in.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal

import duckdb
import pytest
import sqlglot
from hypothesis import given, settings

from sfetl_provider.core.column_type import read_column_type
from sfetl_provider.core.expression.bound_sql import BoundSql
from sfetl_provider.core.expression.duckdb_text import DuckdbText
from sfetl_provider.core.expression.evaluate import value_of
from sfetl_provider.core.expression.shape import read_aggregate, read_condition
from sfetl_provider.core.expression.table_text import TableNames, TableText
from sfetl_provider.core.expression.tree import aggregates
from sfetl_provider.core.identifiers import quote_literal
from tests.core.expression.test_duckdb_text import COLUMNS, CONNECTION, NAMES
from tests.core.expression.test_every_accepted_rule_runs import AGGREGATES, EXPRESSIONS

TYPES = {"A": "VARCHAR", "B": "VARCHAR", "D": "DATE", "T": "TIMESTAMP_NTZ"}
FILE_ROWS = (
    ("1.5", "x", "01.02.2013", "2013-02-01 00:00"),
    ("-7", None, "02.02.2013", "2013-02-02 23:59"),
    ("abc", "yz", "28.02.2013", "2013-02-28 12:30"),
    (None, "12", "03.02.2013", None),
)
FILE = f"(VALUES {', '.join(map(str, FILE_ROWS))}) AS records(c0, c1, c2, c3)".replace("None", "NULL")
TABLE = (
    'SELECT c0 AS "A", c1 AS "B", strptime(c2, \'%d.%m.%Y\')::DATE AS "D", '
    f"strptime(c3, '%Y-%m-%d %H:%M') AS \"T\" FROM {FILE}"
)


def text_of(**types: str) -> TableText:
    """Give a writer for a table with these types."""
    formats = {"date": "DD.MM.YYYY", "time": "HH24:MI", "timestamp": "YYYY-MM-DD HH24:MI"}
    columns = {name: read_column_type(text) for name, text in types.items()}
    return TableText(TableNames(columns, formats, NAMES.facts))


def in_duckdb(computed: Sequence[BoundSql]) -> list[tuple[object, ...]]:
    """Compute SQL over the loaded rows; sqlglot writes some operands twice, so values stand in the text."""
    pieces = f"SELECT {', '.join(piece.text for piece in computed)} FROM loaded".split("?")
    binds = [quote_literal(str(bind)) for piece in computed for bind in piece.binds]
    sql = "".join(piece + bind for piece, bind in zip(pieces, [*binds, ""], strict=True))
    (translated,) = sqlglot.transpile(sql, read="snowflake", write="duckdb")
    return CONNECTION.execute(f"WITH loaded AS ({TABLE}) {translated}").fetchall()


def in_file(text: DuckdbText, computed: Sequence[str]) -> list[tuple[object, ...]]:
    """Compute SQL over the file's rows."""
    joined = ", ".join(computed)
    used = {name: value for name, value in text.binds.items() if f"${name}" in joined}
    return CONNECTION.execute(f"SELECT {joined} FROM {FILE}", used).fetchall()


@given(EXPRESSIONS["b"])
@settings(deadline=None, max_examples=100)
def test_a_condition_is_met_by_the_same_rows(condition: str) -> None:
    tree, file_text = read_condition(condition, COLUMNS), DuckdbText(NAMES)
    # Numbers and dates beyond their range are an error in both.
    with suppress(duckdb.OutOfRangeException, duckdb.ConversionException):
        expected = in_file(file_text, [file_text.violated(tree)])

        assert in_duckdb([text_of(**TYPES).violated(tree)]) == expected


@given(AGGREGATES)
@settings(deadline=None, max_examples=100)
def test_an_aggregate_is_the_same_number(aggregate: str) -> None:
    (node,), file_text = aggregates(read_aggregate(aggregate, COLUMNS)), DuckdbText(NAMES)
    with suppress(duckdb.OutOfRangeException, duckdb.ConversionException):
        expected = in_file(file_text, file_text.parts(node))
        found = in_duckdb(text_of(**TYPES).parts(node))

        assert _number(node.name, found) == _number(node.name, expected)


def _number(name: str, rows: list[tuple[object, ...]]) -> object:
    parts = tuple(None if part is None else Decimal(str(part)) for part in rows[0])
    value = value_of(name, parts)
    return None if value is None else pytest.approx(float(value), rel=1e-9, abs=1e-9)


def test_a_column_of_the_type_it_is_read_as_is_taken_as_it_is() -> None:
    text = text_of(A="NUMBER(9,2)", B="NUMBER(38,0)", D="DATE")
    tree = read_condition("a > 1 AND b > 1 AND d = month_last_day()", COLUMNS)

    violated = text.violated(tree)

    assert violated.text == (
        '(COALESCE(NOT (((CAST("A" AS NUMBER(38, 10)) > CAST(? AS NUMBER(38, 10))) AND '
        '(CASE WHEN ABS("B") < 1e28 THEN CAST("B" AS NUMBER(38, 10)) END > CAST(? AS NUMBER(38, 10)))) '
        'AND ("D" = CAST(? AS DATE))), FALSE) OR (("B" IS NOT NULL AND '
        'CASE WHEN ABS("B") < 1e28 THEN CAST("B" AS NUMBER(38, 10)) END IS NULL)))'
    )
    assert violated.binds == ("1", "1", date(2013, 2, 28))


def test_a_column_of_another_type_is_read_from_the_text_of_the_file() -> None:
    text = text_of(A="DATE", B="BOOLEAN")

    violated = text.violated(read_condition("a > 20130101 AND b = 'true'", COLUMNS))

    assert "TRY_CAST(TO_VARCHAR(\"A\", 'DD.MM.YYYY') AS NUMBER(38, 10))" in violated.text
    assert '(TO_VARCHAR("B") = ?)' in violated.text


@pytest.mark.parametrize(
    ("pattern", "posix"),
    [
        ("(?:ab)+?c", "(ab)+c"),
        (r"\(?:x[(?:]*?", r"\(?:x[(?:]*"),
        ("[]+?]{2,3}?[[:alpha:]]??", "[]+?]{2,3}[[:alpha:]]?"),
    ],
)
def test_a_pattern_is_written_as_posix_has_it(pattern: str, posix: str) -> None:
    tree = read_condition(f"regexp_like(b, '{pattern}')".replace("\\", "\\\\"), COLUMNS)

    assert text_of(**TYPES).text(tree) == BoundSql('REGEXP_LIKE("B", ?)', (posix,))
