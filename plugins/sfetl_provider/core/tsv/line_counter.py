"""Counting lines, records and empty records in blocks of any size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sfetl_provider.core.tsv.source import Block

TAB, NEWLINE, RETURN = 9, 10, 13
Positions = NDArray[np.intp]
Text = NDArray[np.uint8]
Marks = NDArray[np.bool_]
_TAIL_BYTES = 4096


def outside_quotes(positions: Positions, quotes: Positions | None, is_quoted: bool = False) -> Positions:
    """Keep the positions that lie outside quotes; `is_quoted` is the state at the text's start."""
    if quotes is None:
        return positions
    outside: Positions = positions[(np.searchsorted(quotes, positions) & 1) == int(is_quoted)]
    return outside


class LineCounter:
    """Counts what it is fed; the sums do not depend on where the blocks are cut.

    `lines` are physical lines, `records` those that hold something and end outside quotes, `empty_records`
    the empty ones (nothing, or a carriage return before the newline). A last line without newline counts once
    `finish` is called. Memory: three bytes per byte of a block; where it holds quotes 10 more per newline.
    A block is not kept, so that its memory may be used again.
    """

    def __init__(self, quote: bytes | None = None) -> None:
        self.lines = 0
        self.records = 0
        self.empty_records = 0
        self._quote = quote
        self._is_quoted = False
        self._open_bytes = 0
        self._last_byte = NEWLINE
        # Kept from block to block: new memory costs more than all of the counting.
        self._marks: Marks = np.empty((3, 0), np.bool_)

    @property
    def is_at_record_end(self) -> bool:
        """Tell whether what was fed ends with a whole record."""
        return self._open_bytes == 0

    def feed(self, block: Block) -> None:
        """Count the next block, which must not be empty."""
        text = np.frombuffer(block, np.uint8)
        if len(text) > self._marks.shape[1]:
            self._marks = np.empty((3, len(text)), np.bool_)
        is_end = np.equal(text, NEWLINE, out=self._marks[0, : len(text)])
        count = int(np.count_nonzero(is_end))
        self.lines += count
        if self._quote and self._is_quoting(text, self._quote[0]):
            self._count_quoted(text, is_end, self._quote[0])
        else:
            self._count_lines(text, is_end, count)
        self._last_byte = int(text[-1])

    def _is_quoting(self, text: Text, quote: int) -> bool:
        return self._is_quoted or bool(np.equal(text, quote, out=self._marks[1, : len(text)]).any())

    def _count_quoted(self, text: Text, is_end: Marks, quote: int) -> None:
        quotes = np.flatnonzero(text == quote)
        ends = outside_quotes(np.flatnonzero(is_end), quotes, self._is_quoted)
        self._is_quoted ^= bool(len(quotes) & 1)
        self._count_records(text, ends)

    def _count_lines(self, text: Text, is_end: Marks, count: int) -> None:
        """Count where each newline ends a record, without a list of where they stand."""
        if not count:
            self._open_bytes += len(text)
            return
        first = int(is_end.argmax())
        before = int(text[first - 1]) if first else self._last_byte
        length = first + self._open_bytes
        empty = int(length == 0 or (length == 1 and before == RETURN)) + self._empty_within(text, is_end)
        self.empty_records += empty
        self.records += count - empty
        self._open_bytes = len(text) - 1 - _last(is_end)

    def _empty_within(self, text: Text, is_end: Marks) -> int:
        """Count the empty records that follow another one of the block."""
        size = len(text)
        pairs = np.logical_and(is_end[1:], is_end[:-1], out=self._marks[1, : size - 1])
        empty = int(np.count_nonzero(pairs))
        is_return = np.equal(text, RETURN, out=self._marks[1, :size])
        if size > 2 and is_return.any():
            both = np.logical_and(is_return[1:-1], is_end[2:], out=self._marks[2, : size - 2])
            empty += int(np.count_nonzero(np.logical_and(both, is_end[:-2], out=both)))
        return empty

    def _count_records(self, text: Text, ends: Positions) -> None:
        if not len(ends):
            self._open_bytes += len(text)
            return
        lengths = np.diff(ends, prepend=-1 - self._open_bytes) - 1
        singles = ends[lengths == 1]
        before = text[np.maximum(singles - 1, 0)]
        if len(singles) and singles[0] == 0:
            before[0] = self._last_byte
        empty = int(np.count_nonzero(lengths == 0)) + int(np.count_nonzero(before == RETURN))
        self.empty_records += empty
        self.records += len(ends) - empty
        self._open_bytes = len(text) - 1 - int(ends[-1])

    def finish(self) -> None:
        """Count a last record that has no newline; call it at the end of the file only."""
        if not self._open_bytes:
            return
        self.records += 1
        self.lines += self._last_byte != NEWLINE
        self._open_bytes = 0


def _last(marks: Marks) -> int:
    """Give where the last mark stands; there must be one. A line is seldom longer than the tail."""
    tail = np.flatnonzero(marks[-_TAIL_BYTES:])
    if len(tail):
        return max(0, len(marks) - _TAIL_BYTES) + int(tail[-1])
    return int(np.flatnonzero(marks)[-1])
