"""Taking spans of bytes out of a text while it goes by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, overload

from sfetl_provider.core.tsv.source import Block


class Span(NamedTuple):
    """One record of a text: where it begins, its size, the number of its first line (from 1), and its lines."""

    start_byte: int
    size_bytes: int
    line: int
    lines: int

    @property
    def end_byte(self) -> int:
        """The offset of the byte after it."""
        return self.start_byte + self.size_bytes


class SpanCutter:
    """Takes spans out of a text that comes in blocks of any size, and counts what it took out.

    `spans` begin at or after `start_byte`, the offset of the first block, in order and without overlap. A block
    that holds none comes back as it is, without a copy. `records`, `lines` and `size_bytes` are those of the spans
    that went by whole.
    """

    def __init__(self, spans: Iterator[Span], start_byte: int) -> None:
        self.records = 0
        self.lines = 0
        self.size_bytes = 0
        self._spans = spans
        self._position = start_byte
        self._next = next(spans, None)

    @overload
    def kept(self, block: bytes) -> bytes: ...
    @overload
    def kept(self, block: Block) -> Block: ...
    def kept(self, block: Block) -> Block:
        """Give what is left of the next block, which may be nothing."""
        start, self._position = self._position, self._position + len(block)
        if self._next is None or self._next.start_byte >= self._position:
            return block
        return b"".join(self._pieces(memoryview(block), start))

    @property
    def is_within_span(self) -> bool:
        """Tell whether the text so far ends in the middle of a span."""
        return self._next is not None and self._next.start_byte < self._position

    def _pieces(self, block: memoryview, start: int) -> Iterator[memoryview]:
        done = start
        while (span := self._next) is not None and span.start_byte < self._position:
            yield block[done - start : max(done, span.start_byte) - start]
            done = min(span.end_byte, self._position)
            if span.end_byte > self._position:
                break
            self._count(span)
        yield block[done - start :]

    def _count(self, span: Span) -> None:
        self.records += 1
        self.lines += span.lines
        self.size_bytes += span.size_bytes
        self._next = next(self._spans, None)
