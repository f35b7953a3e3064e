"""What matches a pattern matches the expression or the format that it was made of, by DuckDB itself."""

from __future__ import annotations

import re

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfetl_provider.core.config.python_regex import re2_text
from sfetl_provider.core.config.python_strptime import shape_of
from sfetl_provider.core.glob_pattern import date_glob, regex_glob

PIECES = ("A", "7", " ", r"\d", r"\.", r"\(", "[A-Z]", "[a-f0-9]", "[xyz]")
TIMES = ("", "{2}", "{12}", "+", "*", "?", "{1,2}", "|")
CONNECTION = duckdb.connect()


def _matches(text: str, glob: str, regex: str) -> tuple[bool, bool]:
    found = CONNECTION.execute(
        "SELECT $t GLOB $g, regexp_matches($t, $r)", {"t": text, "g": glob, "r": regex}
    )
    (row,) = found.fetchall()
    return row


@given(
    st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(TIMES)), min_size=1, max_size=4), st.data()
)
def test_a_text_that_matches_the_pattern_matches_the_expression(
    pieces: list[tuple[str, str]], data: st.DataObject
) -> None:
    body = "".join(piece + times for piece, times in pieces)
    regex = data.draw(st.sampled_from((body, f"^{body}", f"^{body}$")))
    glob = regex_glob(regex)
    if set("".join(times for _, times in pieces)) & set("+*?,|"):
        assert glob == ""
        return
    text = data.draw(st.from_regex(body, fullmatch=True) | st.text("A7. xyzZ(٣\n", max_size=6))
    is_sure, is_match = _matches(text, glob, re2_text(regex))
    assert is_match or not is_sure
    assert is_sure == bool(re.fullmatch(body, text, re.ASCII))


@pytest.mark.parametrize(
    "pattern",
    ["", "^$", ".", "a*", "[^a]", "[]", "(a)", "a|b", r"\w", r"a\$", "a{03}", "a{0}", "(?i)a", "ä", "?"],
)
def test_an_expression_that_is_not_simple_has_no_pattern(pattern: str) -> None:
    assert regex_glob(pattern) == ""


@given(st.from_regex(r"[0-9 ]{4}-[0-9]{1,2}-[0-9 ]{2}( [0-9]{2}:[0-6][0-9]:[0-9]{2})?", fullmatch=True))
def test_what_has_the_shape_of_a_date_and_is_one_is_so_for_python_as_well(text: str) -> None:
    for written in ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S"):
        is_sure, is_match = _matches(text, date_glob(written), shape_of(written))
        parsed = "SELECT try_strptime($t, $f) IS NOT NULL"
        (is_date,) = CONNECTION.execute(parsed, {"t": text, "f": written}).fetchall()[0]
        assert is_match or not (is_sure and is_date)


def test_a_format_with_names_or_marks_has_no_pattern() -> None:
    assert [date_glob(text) for text in ("%d %b %Y", "%Y*%m", "[%Y]", "%-d", "")] == [""] * 5
    assert date_glob("%Y%m%d") == "[1-9][0-9][0-9][0-9][01][0-9][0-3][0-9]"
