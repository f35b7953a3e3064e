from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfetl_provider.core.tsv.boundaries import QuoteParity, body_start, mark_bytes, record_end

MARK = b"\xef\xbb\xbf"


def _ends(text: bytes, quote: bytes | None) -> list[int]:
    """All records' ends, byte by byte: what the fast way must agree with."""
    is_quoted, ends = False, []
    for at, byte in enumerate(text):
        is_quoted ^= bytes([byte]) == quote
        if byte == 10 and not is_quoted:
            ends.append(at + 1)
    return ends


@given(
    st.text(alphabet='ab"\r\n', max_size=40).map(str.encode),
    st.sampled_from([None, b'"']),
    st.integers(1, 9),
    st.data(),
)
def test_the_record_end_is_the_first_newline_outside_quotes(
    text: bytes, quote: bytes | None, block_bytes: int, data: st.DataObject
) -> None:
    offset = data.draw(st.integers(0, len(text)))
    file = BytesIO(text)
    is_quoted = quote is not None and QuoteParity(file, quote, 0).is_quoted_at(offset)

    found = record_end(file, offset, quote, is_quoted, block_bytes)

    assert found == next((end for end in _ends(text, quote) if end > offset), len(text))


def test_parity_goes_forward_only_as_far_as_asked() -> None:
    parity = QuoteParity(BytesIO(b'a"b"c"'), b'"', 0)

    assert [parity.is_quoted_at(offset) for offset in (0, 1, 2, 3, 4, 6, 9)] == [
        False,
        False,
        True,
        True,
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("text", "has_header", "quote", "expected"),
    [
        (b"", False, None, 0),
        (b"", True, None, 0),
        (b"a\tb\n1\t2\n", False, None, 0),
        (b"a\tb\n1\t2\n", True, None, 4),
        (b"a\tb\r\n1\t2\n", True, None, 5),
        (MARK + b"a\n1\n", True, None, 5),
        (MARK + b"1\n", False, None, 3),
        (MARK, False, None, 3),
        (b'"a\nb"\n1\n', True, b'"', 6),
        (b"a", True, None, 1),
    ],
)
def test_data_begins_behind_mark_and_header(
    text: bytes, has_header: bool, quote: bytes | None, expected: int
) -> None:
    assert body_start(BytesIO(text), has_header, quote) == expected


def test_half_a_mark_is_data() -> None:
    assert mark_bytes(BytesIO(MARK[:2])) == 0
