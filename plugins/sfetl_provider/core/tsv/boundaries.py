"""Where records begin and end in a file of bytes.

A record ends with a newline (a carriage return before it belongs to the ending). With a quote character, a
newline within quotes does not count; whether a byte is within quotes is the parity of the quote characters
before it, which holds as quotes inside a quoted field are doubled. QC finds files that break this rule.
"""

from __future__ import annotations

from typing import BinaryIO

from sfetl_provider.core.tsv.text_file import Text

BLOCK_BYTES = 64 * 1024
PARITY_BLOCK_BYTES = 4 * 1024 * 1024
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def mark_bytes(file: Text) -> int:
    """Give the length of the UTF-8 byte order mark at the file's start: 3 or 0."""
    file.seek(0)
    return len(BYTE_ORDER_MARK) if file.read(len(BYTE_ORDER_MARK)) == BYTE_ORDER_MARK else 0


def body_start(file: Text, has_header: bool, quote: bytes | None) -> int:
    """Give the offset of the first data record: after the byte order mark and the header.

    In a file that is nothing but a header it is the file's size.
    """
    start = mark_bytes(file)
    return record_end(file, start, quote) if has_header else start


def record_end(
    file: Text,
    offset: int,
    quote: bytes | None = None,
    is_quoted: bool = False,
    block_bytes: int = BLOCK_BYTES,
) -> int:
    """Give the end of the record that holds the byte at `offset`, which is the next record's start.

    `is_quoted` tells whether `offset` lies within quotes. Without a newline behind it, the end is the file's
    size. Reads no more than the rest of the record and one block.
    """
    file.seek(offset)
    while block := file.read(block_bytes):
        at, is_quoted = find_newline(block, quote, is_quoted)
        if at >= 0:
            return offset + at + 1
        offset += len(block)
    return offset


def find_newline(block: bytes, quote: bytes | None, is_quoted: bool) -> tuple[int, bool]:
    """Give where the record that the block is in ends, -1 when not in it, and whether we are in quotes there."""
    if quote is None:
        return block.find(b"\n"), False
    start = 0
    while True:
        newline = -1 if is_quoted else block.find(b"\n", start)
        next_quote = block.find(quote, start, newline if newline >= 0 else len(block))
        if next_quote < 0:
            return newline, is_quoted
        is_quoted = not is_quoted
        start = next_quote + 1


class QuoteParity:
    """Whether a byte lies within quotes, found by one pass that only goes forward.

    `start` must be the start of a record. Costs one read of all bytes up to the last offset asked for.
    """

    def __init__(self, file: BinaryIO, quote: bytes, start: int) -> None:
        self._file = file
        self._quote = quote
        self._offset = start
        self._is_quoted = False

    def is_quoted_at(self, offset: int) -> bool:
        """Tell whether the byte at `offset` lies within quotes; offsets must not go back."""
        self._file.seek(self._offset)
        while self._offset < offset:
            block = self._file.read(min(PARITY_BLOCK_BYTES, offset - self._offset))
            if not block:
                break
            self._is_quoted ^= bool(block.count(self._quote) & 1)
            self._offset += len(block)
        return self._is_quoted
