from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfetl_provider.core.tsv.line_counter import LineCounter

TEXTS = st.text(alphabet='ab\t"\r\n', max_size=60).map(str.encode)


def _count(blocks: list[bytes], quote: bytes | None = None) -> tuple[int, int, int]:
    counter = LineCounter(quote)
    for block in blocks:
        counter.feed(block)
    counter.finish()
    return counter.lines, counter.records, counter.empty_records


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", (0, 0, 0)),
        (b"a\n", (1, 1, 0)),
        (b"a", (1, 1, 0)),
        (b"\n", (1, 0, 1)),
        (b"\r\n", (1, 0, 1)),
        (b"\r", (1, 1, 0)),
        (b"a\n\n\n\nb\r\n\r\n\r\nc", (8, 3, 5)),
        (b"a\r\r\n", (1, 1, 0)),
    ],
)
def test_lines_records_and_empty_ones(text: bytes, expected: tuple[int, int, int]) -> None:
    assert _count([text] if text else []) == expected


def test_newlines_within_quotes_end_no_record() -> None:
    assert _count([b'"a\n\nb"\tc\n\n"x""\n"\n"open\n'], b'"') == (7, 3, 1)


@given(TEXTS, st.sampled_from([None, b'"']), st.integers(1, 7))
def test_the_blocks_do_not_matter(text: bytes, quote: bytes | None, size: int) -> None:
    blocks = [text[at : at + size] for at in range(0, len(text), size)]

    assert _count(blocks, quote) == _count([text] if text else [], quote)


@given(TEXTS)
def test_without_quotes_it_agrees_with_splitting_the_text(text: bytes) -> None:
    lines = text.split(b"\n")
    lines = lines if lines[-1] else lines[:-1]
    empty = sum(line in (b"", b"\r") for line in lines) - text.endswith(b"\n\r") - (text == b"\r")

    assert _count([text] if text else []) == (len(lines), len(lines) - empty, empty)


@given(TEXTS, st.sampled_from([None, b'"']))
def test_it_knows_whether_it_stands_between_records(text: bytes, quote: bytes | None) -> None:
    counter = LineCounter(quote)
    for byte in text:
        counter.feed(bytes([byte]))
    is_quoted = quote is not None and text.count(quote) % 2 == 1

    assert counter.is_at_record_end == (not text or (text.endswith(b"\n") and not is_quoted))
