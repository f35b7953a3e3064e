"""Names and literals in SQL text."""

from __future__ import annotations

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st

from sfetl_provider.core.identifiers import quote_identifier, quote_literal, resolve_identifier


def test_identifiers_resolve_as_in_sql() -> None:
    assert resolve_identifier("flights") == "FLIGHTS"
    assert resolve_identifier("a_1$") == "A_1$"
    assert resolve_identifier('"Mixed ""Case"""') == 'Mixed "Case"'


@pytest.mark.parametrize("text", ["", "1a", "a b", "a;drop", '"', '""', "a\n", "é", "x" * 256])
def test_what_is_no_identifier_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an identifier"):
        resolve_identifier(text)


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 256])
def test_unquotable_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be a Snowflake identifier"):
        quote_identifier(name)


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=50))
def test_a_quoted_identifier_reads_back_as_itself(name: str) -> None:
    column = sqlglot.parse_one(f"SELECT {quote_identifier(name)} FROM t", dialect="snowflake").selects[0]

    assert column.name == name


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=50))
def test_a_quoted_literal_reads_back_as_itself(text: str) -> None:
    literal = sqlglot.parse_one(f"SELECT {quote_literal(text)}", dialect="snowflake").selects[0]

    assert literal.this == text
