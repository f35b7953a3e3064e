"""One pass over the bytes of a file that finds every record that is none.

DuckDB skips empty lines in silence, drops an empty field too many at a line's end and stops at stray carriage
returns; so the structure is judged here, and DuckDB's count of rows is held against it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from sfetl_provider.core.qc.report import BadLine
from sfetl_provider.core.tsv.line_counter import NEWLINE, RETURN, Positions, Text, outside_quotes

BLOCK_BYTES = 4 * 1024 * 1024
RECORD_LIMIT_BYTES = 16 * 1024 * 1024
SAMPLE_CHARACTERS = 200
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Shape:
    """What a record must look like: number of columns, delimiter, quote character or None."""

    columns: int
    delimiter: bytes
    quote: bytes | None


@dataclass
class Structure:
    """What was counted so far; `bad_lines` quotes the first few bad records."""

    shape: Shape
    sample_limit: int
    lines: int = 0
    records: int = 0
    empty_records: int = 0
    bad_records: int = 0
    bad_lines: list[BadLine] = field(default_factory=list)

    def add(self, block: Block) -> None:
        """Judge the records of the next block."""
        bad, reasons = _judge(block)
        first_line = self.lines + 1
        for index in np.flatnonzero(bad)[: self.sample_limit - len(self.bad_lines)]:
            reason = next(text for mask, text in reasons if mask[index]).format(
                found=block.delimiters[index] + 1, wanted=self.shape.columns
            )
            self.bad_lines.append(block.quote_line(int(index), first_line, reason))
        self.lines += len(block.newlines)
        self.records += len(block.ends)
        self.empty_records += int(np.count_nonzero(block.is_empty))
        self.bad_records += int(np.count_nonzero(bad))


@dataclass(frozen=True)
class Block:
    """Whole records of a file: `content` begins with one and ends with the newline of one.

    A missing last newline is supplied, so `ends` always holds the position of each record's last byte.
    `is_open` tells that the last record ends within quotes.
    """

    offset: int
    content: bytes
    shape: Shape
    is_open: bool = False

    @cached_property
    def text(self) -> Text:
        """The content as numbers."""
        return np.frombuffer(self.content, np.uint8)

    @cached_property
    def quotes(self) -> Positions | None:
        """Positions of quote characters."""
        return None if self.shape.quote is None else np.flatnonzero(self.text == self.shape.quote[0])

    @cached_property
    def newlines(self) -> Positions:
        """Positions of newlines, within quotes or not."""
        return np.flatnonzero(self.text == NEWLINE)

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
    def delimiters(self) -> Positions:
        """Number of delimiters outside quotes, per record."""
        found = np.flatnonzero(self.text == self.shape.delimiter[0])
        found = outside_quotes(found, self.quotes)
        return np.diff(np.searchsorted(found, self.ends), prepend=0)

    @cached_property
    def is_empty(self) -> Mask:
        """Which records hold nothing, or a carriage return alone."""
        lengths = self.ends - self.starts
        empty: Mask = (lengths == 0) | ((lengths == 1) & (self.text[self.starts] == RETURN))
        return empty

    def holding(self, positions: Positions) -> Mask:
        """Mark the records that hold one of the positions."""
        mask = np.zeros(len(self.ends), np.bool_)
        mask[np.searchsorted(self.ends, positions)] = True
        return mask

    def quote_line(self, index: int, first_line: int, reason: str) -> BadLine:
        """Describe a bad record; `first_line` is the line number of the block's start."""
        start = int(self.starts[index])
        text = self.content[start : int(self.ends[index]) + 1][: 4 * SAMPLE_CHARACTERS]
        return BadLine(
            line=first_line + int(np.searchsorted(self.newlines, start)),
            byte_offset=self.offset + start,
            reason=reason,
            sample=_readable(text),
        )


def _readable(text: bytes) -> str:
    # PostgreSQL refuses NUL characters in JSON, where Airflow keeps reports.
    return text.decode("utf-8", "backslashreplace").rstrip("\r\n").replace("\0", "\\0")[:SAMPLE_CHARACTERS]


def record_blocks(
    file: BinaryIO, start: int, shape: Shape, block_bytes: int = BLOCK_BYTES, limit: int = RECORD_LIMIT_BYTES
) -> Iterator[Block]:
    """Read a file from the record at `start` in blocks of whole records.

    A record longer than `limit` bytes is cut there and goes on as if a record began, so a file without
    newlines or with a quote that is never closed needs no more than `limit` and a block of memory.
    """
    file.seek(start)
    rest = b""
    while chunk := file.read(block_bytes):
        block = Block(start, rest + chunk, shape)
        if len(block.ends):
            cut = int(block.ends[-1]) + 1
            yield Block(start, block.content[:cut], shape)
        elif len(block.content) > limit:
            cut = len(block.content)
            yield Block(start, block.content, shape, is_open=True)
        else:
            cut = 0
        start, rest = start + cut, block.content[cut:]
    if rest:
        yield _last_block(start, rest, shape)


def _last_block(start: int, rest: bytes, shape: Shape) -> Block:
    is_open = shape.quote is not None and bool(rest.count(shape.quote) & 1)
    return Block(start, rest if is_open else rest + b"\n", shape, is_open)


def _judge(block: Block) -> tuple[Mask, list[tuple[Mask, str]]]:
    reasons = [(mask, text) for mask, text in _faults(block) if mask is not None]
    bad = np.zeros(len(block.ends), np.bool_)
    for mask, _ in reasons:
        bad |= mask
    return bad & ~block.is_empty, reasons


def _faults(block: Block) -> Iterator[tuple[Mask | None, str]]:
    """Give masks of bad records with the reason, the most telling first."""
    yield block.ends - block.starts > RECORD_LIMIT_BYTES, "longer than 16 MiB: no newline ends it, or a quote"
    yield _unclosed(block), "the quote is not closed"
    yield (
        _misplaced_quotes(block),
        "a quote that neither opens nor closes a field (inside, it is written twice)",
    )
    yield _holding_nul(block), "holds a NUL byte"
    yield _not_utf8(block), "is not UTF-8 text"
    yield _stray_returns(block), "holds a carriage return that ends no line"
    yield block.delimiters != block.shape.columns - 1, "columns: {found} instead of {wanted}"


def _unclosed(block: Block) -> Mask | None:
    if not block.is_open or block.quotes is None or not len(block.quotes) & 1:
        return None
    return block.holding(block.ends[-1:])


def _misplaced_quotes(block: Block) -> Mask | None:
    if block.quotes is None or not len(block.quotes):
        return None
    quote = block.text[block.quotes[0]]
    opening, closing = block.quotes[0::2], block.quotes[1::2]
    before = np.where(opening > 0, block.text[opening - 1], NEWLINE)
    after = block.text[np.minimum(closing + 1, len(block.text) - 1)]
    delimiter = block.shape.delimiter[0]
    wrong_opening = opening[~np.isin(before, (delimiter, NEWLINE, quote))]
    wrong_closing = closing[~np.isin(after, (delimiter, NEWLINE, RETURN, quote))]
    return block.holding(np.concatenate((wrong_opening, wrong_closing)))


def _holding_nul(block: Block) -> Mask | None:
    return block.holding(np.flatnonzero(block.text == 0)) if 0 in block.content else None


def _not_utf8(block: Block) -> Mask | None:
    if block.content.isascii() or _is_utf8(block.content):
        return None
    suspects = np.flatnonzero(block.holding(np.flatnonzero(block.text >= 128)))
    mask = np.zeros(len(block.ends), np.bool_)
    for index in suspects:
        mask[index] = not _is_utf8(block.content[block.starts[index] : block.ends[index] + 1])
    return mask


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _stray_returns(block: Block) -> Mask | None:
    if RETURN not in block.content:
        return None
    returns = outside_quotes(np.flatnonzero(block.text == RETURN), block.quotes)
    following = block.text[np.minimum(returns + 1, len(block.text) - 1)]
    return block.holding(returns[following != NEWLINE])
