"""Counting lines, records and empty records in blocks of any size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

TAB, NEWLINE, RETURN = 9, 10, 13
Positions = NDArray[np.intp]
Text = NDArray[np.uint8]


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
    `finish` is called. Needs about 10 bytes of memory per byte of a block that is all newlines, hardly any
    otherwise.
    """

    def __init__(self, quote: bytes | None = None) -> None:
        self.lines = 0
        self.records = 0
        self.empty_records = 0
        self._quote = quote
        self._is_quoted = False
        self._open_bytes = 0
        self._last_byte = NEWLINE

    @property
    def is_at_record_end(self) -> bool:
        """Tell whether what was fed ends with a whole record."""
        return self._open_bytes == 0

    def feed(self, block: bytes) -> None:
        """Count the next block, which must not be empty."""
        text = np.frombuffer(block, np.uint8)
        ends = np.flatnonzero(text == NEWLINE)
        self.lines += len(ends)
        if self._quote:
            quotes = np.flatnonzero(text == self._quote[0])
            ends = outside_quotes(ends, quotes, self._is_quoted)
            self._is_quoted ^= bool(len(quotes) & 1)
        self._count_records(text, ends)
        self._last_byte = int(text[-1])

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
