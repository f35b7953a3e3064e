from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfetl_provider.core.qc.record_block import Shape, record_blocks
from sfetl_provider.core.qc.report import BadLine
from sfetl_provider.core.qc.structure import Structure
from sfetl_provider.core.tsv.line_counter import LineCounter

TEXTS = st.text(alphabet='ab\t"\r\n\0é', max_size=60).map(str.encode) | st.binary(max_size=30)


def _structure(
    text: bytes, quote: bytes | None = None, block_bytes: int = 1 << 20, limit: int = 1 << 20
) -> Structure:
    shape = Shape(2, b"\t", quote)
    structure = Structure(shape, sample_limit=1000)
    for block in record_blocks(BytesIO(text), 0, shape, block_bytes, limit):
        structure.add(block)
    return structure


@given(TEXTS, st.sampled_from([None, b'"']), st.integers(1, 20))
def test_the_blocks_do_not_matter(text: bytes, quote: bytes | None, block_bytes: int) -> None:
    assert _structure(text, quote, block_bytes) == _structure(text, quote)


@given(TEXTS, st.sampled_from([None, b'"']))
def test_it_counts_as_staging_does(text: bytes, quote: bytes | None) -> None:
    counter = LineCounter(quote)
    if text:
        counter.feed(text)
    counter.finish()
    structure = _structure(text, quote)

    assert structure.records == counter.records + counter.empty_records
    assert structure.empty_records == counter.empty_records
    assert structure.bad_records == len(structure.bad_lines)


@given(TEXTS)
def test_a_bad_record_is_one_that_plain_python_finds_bad(text: bytes) -> None:
    *lines, last = (line.removesuffix(b"\r") for line in text.split(b"\n"))
    half_end = text[-1:] == b"\r"

    assert [bad.line for bad in _structure(text).bad_lines] == [
        *(number for number, line in enumerate(lines, 1) if line and _is_bad(line)),
        *([len(lines) + 1] if half_end or (last and _is_bad(last)) else []),
    ]


def _is_bad(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return True
    return line.count(b"\t") != 1 or 0 in line or b"\r" in line


@given(TEXTS, st.sampled_from([None, b'"']))
def test_a_bad_line_is_where_it_says(text: bytes, quote: bytes | None) -> None:
    for bad in _structure(text, quote).bad_lines:
        assert text[: bad.byte_offset].count(b"\n") == bad.line - 1
        assert bad.byte_offset == 0 or text[bad.byte_offset - 1 : bad.byte_offset] == b"\n"


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        (b'a\t"b"\n', []),
        (b'a\t"b""c"\r\n', []),
        (b'""\t""\n', []),
        (b'"a\tb"\tc', []),
        (b'a\tb"c"\n', ["a quote that"]),
        (b'a\t"b"c\n', ["a quote that"]),
        (b'a\tb\n"c\td\n\n', ["the quote is not closed"]),
    ],
)
def test_quotes_stand_at_a_fields_edges_or_in_pairs(text: bytes, reasons: list[str]) -> None:
    found = [bad.reason for bad in _structure(text, b'"').bad_lines]

    assert len(found) == len(reasons)
    assert all(reason.startswith(start) for reason, start in zip(found, reasons, strict=True))


def test_a_record_without_end_is_read_to_its_limit_and_no_further() -> None:
    text = BytesIO(b'a\tb\n"' + b"a\n" * 1000)
    structure = Structure(Shape(2, b"\t", b'"'), sample_limit=10)
    for block in record_blocks(text, 0, structure.shape, block_bytes=10, limit=100):
        structure.add(block)

    assert text.tell() <= 4 + 110
    assert (structure.records, structure.bad_records, structure.is_stopped) == (2, 1, True)
    assert structure.bad_lines[0].reason.endswith("; what follows it was not read")


def test_the_samples_are_limited_and_the_count_is_not() -> None:
    shape = Shape(2, b"\t", None)
    structure = Structure(shape, sample_limit=3)
    for block in record_blocks(BytesIO(b"bad\n" * 10), 0, shape, block_bytes=8):
        structure.add(block)

    assert structure.bad_records == 10
    assert [bad.line for bad in structure.bad_lines] == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "column"),
    [
        (b"a\tb\0\n", 2),
        (b"a\xff\tb\n", 1),
        (b"a\t\xc3\xa9\xff\n", 2),
        (b"a\tb\rc\n", 2),
        (b"a\tb\tc\n", None),
        (b'"a\tb"\tb"\n', 2),
        (b'a\tb\n"c\td\n\n', 1),
        (b'x\ty"z"\n', 2),
    ],
)
def test_the_field_at_fault_is_named(text: bytes, column: int | None) -> None:
    assert [bad.column for bad in _structure(text, b'"').bad_lines] == [column]


def test_the_place_of_a_bad_line_in_words() -> None:
    first, second = _structure(b"a\t\0\nb\n").bad_lines

    assert (first.place, second.place) == ("line 1, column 2 (byte 0)", "line 2 (byte 4)")


@given(TEXTS, st.integers(1, 20))
def test_the_sink_gets_every_bad_record_with_its_bytes(text: bytes, block_bytes: int) -> None:
    shape, got = Shape(2, b"\t", None), []

    def sink(bad: BadLine, line: bytes) -> bool:
        got.append((bad, line))
        return True

    structure = Structure(shape, sample_limit=1, sink=sink)
    for block in record_blocks(BytesIO(text), 0, shape, block_bytes):
        structure.add(block)

    assert [bad for bad, _ in got] == _structure(text).bad_lines
    assert all(text[bad.byte_offset :].startswith(line.removesuffix(b"\n")) for bad, line in got)


def test_a_sink_that_is_full_is_not_asked_again() -> None:
    shape, got = Shape(2, b"\t", None), []

    def sink(bad: BadLine, line: bytes) -> bool:
        got.append(bad.line)
        return False

    structure = Structure(shape, sample_limit=1, sink=sink)
    for block in record_blocks(BytesIO(b"bad\n" * 10), 0, shape, block_bytes=8):
        structure.add(block)

    assert structure.bad_records == 10
    assert got[0] == 1
    assert structure.sink is None


@given(TEXTS)
def test_line_ends_are_counted_by_kind(text: bytes) -> None:
    structure = _structure(text)
    ends = text.count(b"\n")

    assert structure.crlf_ends == text.count(b"\r\n")
    assert structure.lf_ends == ends - structure.crlf_ends
    assert structure.records - ends == int(text[-1:] not in (b"", b"\n"))


def test_quoted_line_ends_end_no_record() -> None:
    structure = _structure(b'a\t"b\r\nc"\nd\te\r\n', b'"')

    assert (structure.crlf_ends, structure.lf_ends) == (1, 1)
