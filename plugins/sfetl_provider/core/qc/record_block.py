"""A text in blocks of whole records, each with the places of what its records are made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sfetl_provider.core.qc.record_limit import RECORD_LIMIT_BYTES
from sfetl_provider.core.qc.report import BadLine
from sfetl_provider.core.text_encoding import EncodingName, codec_of
from sfetl_provider.core.tsv.line_counter import NEWLINE, RETURN, TAB, Positions, outside_quotes
from sfetl_provider.core.tsv.line_counter import Text as Bytes
from sfetl_provider.core.tsv.text_file import Text

# What is made of a block stays in the processor's cache; larger ones take a third more time.
BLOCK_BYTES = 256 * 1024
SAMPLE_CHARACTERS = 200
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Shape:
    """What a record must look like: number of columns, delimiter, quote character or None, encoding."""

    columns: int
    delimiter: bytes
    quote: bytes | None
    encoding: EncodingName = "UTF8"


@dataclass(frozen=True)
class Block:
    """Whole records of a file: `content` begins with one and ends with the newline of one.

    A missing last newline is supplied (`is_completed`), so `ends` always holds the position of each record's
    last byte. `is_open` tells that the last record ends within quotes, `is_cut` that the block is the beginning of
    a record that is too long.
    """

    offset: int
    content: bytes
    shape: Shape
    is_open: bool = False
    is_completed: bool = False
    is_cut: bool = False

    @cached_property
    def text(self) -> Bytes:
        """The content as numbers."""
        return np.frombuffer(self.content, np.uint8)

    @cached_property
    def quotes(self) -> Positions | None:
        """Positions of quote characters."""
        return None if self.shape.quote is None else np.flatnonzero(self.text == self.shape.quote[0])

    @cached_property
    def newlines(self) -> Positions:
        """Positions of newlines, within quotes or not."""
        if self._grid is not None:
            return np.ascontiguousarray(self._grid[:, -1])
        return np.flatnonzero(self.text == NEWLINE)

    @cached_property
    def _grid(self) -> Positions | None:
        """Positions of delimiters and newlines, a row a record, where tabs and no quotes make a sound block.

        One search instead of two, and it tells that there is no NUL byte: of all bytes up to a newline, nothing is
        there but the tabs and newlines that should be.
        """
        columns = self.shape.columns
        if self.shape.delimiter != b"\t" or self.shape.quote is not None or self.is_cut:
            return None
        found = np.flatnonzero(self.text <= NEWLINE)
        if len(found) % columns:
            return None
        wanted = np.full(columns, TAB, np.uint8)
        wanted[-1] = NEWLINE
        grid = found.reshape(-1, columns)
        return grid if bool((self.text[grid] == wanted).all()) else None

    @cached_property
    def ends(self) -> Positions:
        """Position of each record's newline; for one that is cut off, of the byte after it."""
        ends = outside_quotes(self.newlines, self.quotes)
        return np.append(ends, len(self.text)) if self.is_open else ends

    @cached_property
    def starts(self) -> Positions:
        """Position of each record's first byte."""
        return np.concatenate((np.zeros(1, np.intp), self.ends[:-1] + 1))

    @cached_property
    def newline_ends(self) -> Positions:
        """Position of each newline of the file that ends a record."""
        return self.ends[:-1] if self.is_open or self.is_completed else self.ends

    @cached_property
    def half_end(self) -> Positions:
        """Position of a carriage return that is the file's last byte."""
        is_half = self.is_completed and self.content.endswith(b"\r\n")
        return np.array([len(self.content) - 2] if is_half else [], np.intp)

    @cached_property
    def crlf_ends(self) -> int:
        """Number of records that end with carriage return and newline."""
        if not self.has_returns:
            return 0
        ends = self.newline_ends[self.newline_ends > 0]
        return int(np.count_nonzero(self.text[ends - 1] == RETURN))

    @cached_property
    def has_returns(self) -> bool:
        """Tell whether there are carriage returns, wherever they stand."""
        return RETURN in self.content

    @cached_property
    def has_nul_bytes(self) -> bool:
        """Tell whether there are NUL bytes."""
        return self._grid is None and 0 in self.content

    @cached_property
    def delimiter_positions(self) -> Positions:
        """Positions of delimiters outside quotes."""
        found = np.flatnonzero(self.text == self.shape.delimiter[0])
        return outside_quotes(found, self.quotes)

    @cached_property
    def delimiters(self) -> Positions:
        """Number of delimiters outside quotes, per record."""
        wanted = self.shape.columns - 1
        if self._grid is not None:
            return np.full(len(self.ends), wanted, np.intp)
        if wanted and len(self.delimiter_positions) == wanted * len(self.ends):
            records = self.delimiter_positions.reshape(-1, wanted)
            if bool(np.all(records[:, 0] >= self.starts) and np.all(records[:, -1] < self.ends)):
                return np.full(len(self.ends), wanted, np.intp)
        return np.diff(np.searchsorted(self.delimiter_positions, self.ends), prepend=0)

    @cached_property
    def is_empty(self) -> Mask:
        """Which records hold nothing, or a carriage return before the newline."""
        lengths = self.ends - self.starts
        empty: Mask = (lengths == 0) | ((lengths == 1) & (self.text[self.starts] == RETURN))
        # A carriage return that ends the file ends no record: the newline after it is supplied.
        return empty & ~self.holding(self.half_end) if len(self.half_end) else empty

    def holding(self, positions: Positions) -> Mask:
        """Mark the records that hold one of the positions."""
        mask = np.zeros(len(self.ends), np.bool_)
        mask[np.searchsorted(self.ends, positions)] = True
        return mask

    def record(self, index: int) -> bytes:
        """Give the bytes of a record with its newline."""
        return self.content[int(self.starts[index]) : int(self.ends[index]) + 1]

    def quote_line(self, index: int, first_line: int, reason: str, column: int | None = None) -> BadLine:
        """Describe a bad record; `first_line` is the line number of the block's start."""
        start = int(self.starts[index])
        text = self.content[start : int(self.ends[index]) + 1][: 4 * SAMPLE_CHARACTERS]
        return BadLine(
            line=first_line + int(np.searchsorted(self.newlines, start)),
            byte_offset=self.offset + start,
            reason=reason,
            sample=_readable(text, self.shape.encoding),
            column=column,
        )

    def column(self, index: int, positions: Positions) -> int:
        """Give the number of the field of a record that holds the first of the positions in it."""
        start = self.starts[index]
        place = positions[np.searchsorted(positions, start)]
        first, last = np.searchsorted(self.delimiter_positions, (start, place))
        return 1 + int(last - first)


def _readable(content: bytes, encoding: EncodingName) -> str:
    text = content.decode(codec_of(encoding), "backslashreplace")
    # PostgreSQL refuses NUL characters in JSON, where Airflow keeps reports.
    return text.rstrip("\r\n").replace("\0", "\\0")[:SAMPLE_CHARACTERS]


def record_blocks(
    text: Text, start: int, shape: Shape, block_bytes: int = BLOCK_BYTES, limit: int = RECORD_LIMIT_BYTES
) -> Iterator[Block]:
    """Read a text from the record at `start` in blocks of whole records.

    A record longer than `limit` bytes ends the reading: a text without newlines, or with a quote that is never
    closed, needs no more than `limit` and a block of memory, and little time.
    """
    text.seek(start)
    rest = b""
    # Of a long record more is read at a time, so that it is not searched over and over.
    while chunk := text.read(max(block_bytes, min(len(rest), limit + 1 - len(rest)))):
        cut = _last_end(rest, chunk, shape) + 1
        if cut:
            # Joined and cut in one step: each copy of the text shows in the time of the pass.
            content = b"".join((rest, memoryview(chunk)[:cut]))
            yield Block(start, content, shape)
            start, rest = start + len(content), chunk[cut:]
        else:
            rest += chunk
        if len(rest) > limit and not cut:
            yield Block(start, rest, shape, is_open=True, is_cut=True)
            return
    if rest:
        yield _last_block(start, rest, shape)


def _last_end(rest: bytes, chunk: bytes, shape: Shape) -> int:
    """Give the position in a chunk of the last newline that ends a record, -1 when there is none."""
    if shape.quote is None:
        return chunk.rfind(b"\n")
    ends = Block(0, rest + chunk, shape).ends
    return int(ends[-1]) - len(rest) if len(ends) else -1


def _last_block(start: int, rest: bytes, shape: Shape) -> Block:
    is_open = shape.quote is not None and bool(rest.count(shape.quote) & 1)
    return Block(start, rest if is_open else rest + b"\n", shape, is_open, is_completed=not is_open)
