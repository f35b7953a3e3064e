"""One pass over the bytes of a file that finds every record that is none.

DuckDB skips empty lines in silence, drops an empty field too many at a line's end and stops at stray carriage
returns; so the structure is judged here, and DuckDB's count of rows is held against it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from sfetl_provider.core.qc.record_limit import RECORD_LIMIT_BYTES as RECORD_LIMIT_BYTES
from sfetl_provider.core.qc.record_sample import RecordSample
from sfetl_provider.core.qc.report import BadLine
from sfetl_provider.core.text_encoding import EncodingName, codec_of, undefined_bytes
from sfetl_provider.core.tsv.boundaries import BYTE_ORDER_MARK
from sfetl_provider.core.tsv.line_counter import NEWLINE, RETURN, TAB, Positions, outside_quotes
from sfetl_provider.core.tsv.line_counter import Text as Bytes
from sfetl_provider.core.tsv.text_file import Text
from sfetl_provider.core.tsv.utf8 import is_utf8

# What is made of a block stays in the processor's cache; larger ones take a third more time.
BLOCK_BYTES = 256 * 1024
SAMPLE_CHARACTERS = 200
_TOO_LONG = "longer than 16 MiB: no newline ends it, or a quote is not closed"
Mask = NDArray[np.bool_]
Sink = Callable[[BadLine, bytes], bool]


class BadRecords(Protocol):
    """Who takes the bad records of each block; `first_line` is the number of the block's first line."""

    def add(self, block: Block, bad: Mask, first_line: int) -> None:
        """Take those that are marked."""


@dataclass(frozen=True)
class Shape:
    """What a record must look like: number of columns, delimiter, quote character or None, encoding."""

    columns: int
    delimiter: bytes
    quote: bytes | None
    encoding: EncodingName = "UTF8"


@dataclass
class Structure:
    """What was counted so far; `bad_lines` quotes the first few bad records.

    The sink gets every bad record with its bytes while it is found, until it says that it takes no more.
    `crlf_ends` and `lf_ends` count records by the newline that ends them; one that is cut off counts in neither.
    `end_byte` is the offset in the text where what was counted ends, `is_stopped` tells that it is not the text's
    end, as a record is too long. `is_end_bad` tells that its last record is bad and not whole. Of another encoding
    than UTF-8, `is_ascii` and `is_utf8` tell whether all of it could be that as well.
    """

    shape: Shape
    sample_limit: int
    lines: int = 0
    records: int = 0
    empty_records: int = 0
    bad_records: int = 0
    crlf_ends: int = 0
    lf_ends: int = 0
    end_byte: int = 0
    is_last_newline_missing: bool = False
    is_stopped: bool = False
    is_end_bad: bool = False
    is_ascii: bool = True
    is_utf8: bool = True
    bad_lines: list[BadLine] = field(default_factory=list)
    sink: Sink | None = field(default=None, compare=False)
    sample: RecordSample | None = field(default=None, compare=False)
    bad: BadRecords | None = field(default=None, compare=False)

    def add(self, block: Block) -> None:
        """Judge the records of the next block."""
        bad, faults = _judge(block)
        self._describe(block, np.flatnonzero(bad), faults)
        if self.sample:
            self.sample.add(block, bad)
        if self.bad:
            self.bad.add(block, bad, self.lines + 1)
        self.lines += len(block.newlines)
        self.records += len(block.ends)
        self.empty_records += int(np.count_nonzero(block.is_empty))
        self.bad_records += int(np.count_nonzero(bad))
        self.crlf_ends += block.crlf_ends
        self.lf_ends += len(block.newline_ends) - block.crlf_ends
        self.end_byte = block.offset + len(block.content) - block.is_completed
        self.is_last_newline_missing = block.is_completed or block.content[-1] != NEWLINE
        self.is_stopped = block.is_cut
        self.is_end_bad = bool(bad[-1]) and (block.is_open or block.is_completed)
        if self.shape.encoding != "UTF8" and self.is_utf8 and not block.content.isascii():
            self.is_ascii, self.is_utf8 = False, is_utf8(block.content)

    def end_early(self, reason: str) -> None:
        """Count what is missing from here on as one bad record."""
        self.records += 1
        self.bad_records += 1
        self.is_end_bad = True
        self.note(BadLine(line=self.lines + 1, byte_offset=self.end_byte, reason=reason, sample=""), b"")

    def _describe(self, block: Block, bad: Positions, faults: list[Fault]) -> None:
        wanted = bad if self.sink else bad[: self.sample_limit - len(self.bad_lines)]
        for index in map(int, wanted):
            fault = next(fault for fault in faults if fault.mask[index])
            reason = fault.reason.format(found=block.delimiters[index] + 1, wanted=self.shape.columns)
            column = None if fault.positions is None else block.column(index, fault.positions)
            self.note(block.quote_line(index, self.lines + 1, reason, column), block.record(index))

    def note(self, bad: BadLine, line: bytes) -> None:
        """Quote a bad record if there is room for it, and hand it to the sink."""
        if len(self.bad_lines) < self.sample_limit:
            self.bad_lines.append(bad)
        if self.sink and not self.sink(bad, line):
            self.sink = None


class Fault(NamedTuple):
    """One kind of fault in a block: the records that have it, its text, and its places if it has any."""

    mask: Mask
    reason: str
    positions: Positions | None = None


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


def bad_records(block: Block) -> Mask:
    """Mark the records of a block that are none."""
    return _judge(block)[0]


def _judge(block: Block) -> tuple[Mask, list[Fault]]:
    faults = [fault for fault in _faults(block) if fault is not None]
    bad = np.zeros(len(block.ends), np.bool_)
    for fault in faults:
        bad |= fault.mask
    return bad & ~block.is_empty, faults


def _faults(block: Block) -> Iterator[Fault | None]:
    """Give the faults of a block, the most telling first."""
    if block.is_cut:
        yield Fault(np.ones(1, np.bool_), f"{_TOO_LONG}; what follows it was not read")
        return
    yield Fault(block.ends - block.starts > RECORD_LIMIT_BYTES, _TOO_LONG)
    yield _placed(block, _unclosed(block), "the quote is not closed")
    yield _placed(
        block,
        _misplaced_quotes(block),
        "a quote that neither opens nor closes a field (inside, it is written twice)",
    )
    yield _placed(block, _nul_bytes(block), "holds a NUL byte")
    yield _not_text(block)
    yield _placed(block, _marks(block), "begins with a byte order mark, as where files were joined")
    yield _placed(block, _stray_returns(block), "holds a carriage return that ends no line")
    yield _placed(
        block, block.half_end, "ends with a carriage return and no newline, as a file that was cut off"
    )
    yield Fault(block.delimiters != block.shape.columns - 1, "columns: {found} instead of {wanted}")


def _placed(block: Block, positions: Positions | None, reason: str) -> Fault | None:
    """Make a fault of the places in the block where it is; None when there is none."""
    if positions is None or not len(positions):
        return None
    return Fault(block.holding(positions), reason, positions)


def _unclosed(block: Block) -> Positions | None:
    if not block.is_open or block.quotes is None or not len(block.quotes) & 1:
        return None
    return block.quotes[-1:]


def _misplaced_quotes(block: Block) -> Positions | None:
    if block.quotes is None or not len(block.quotes):
        return None
    quote = block.text[block.quotes[0]]
    opening, closing = block.quotes[0::2], block.quotes[1::2]
    before = np.where(opening > 0, block.text[opening - 1], NEWLINE)
    after = block.text[np.minimum(closing + 1, len(block.text) - 1)]
    delimiter = block.shape.delimiter[0]
    wrong_opening = opening[~np.isin(before, (delimiter, NEWLINE, quote))]
    wrong_closing = closing[~np.isin(after, (delimiter, NEWLINE, RETURN, quote))]
    return np.sort(np.concatenate((wrong_opening, wrong_closing)))


def _nul_bytes(block: Block) -> Positions | None:
    return np.flatnonzero(block.text == 0) if block.has_nul_bytes else None


def _not_text(block: Block) -> Fault | None:
    encoding = block.shape.encoding
    if encoding == "UTF8":
        return _placed(block, _not_utf8(block), "is not UTF-8 text")
    return _placed(block, _undefined(block), f"holds a byte that {encoding} leaves undefined")


def _undefined(block: Block) -> Positions | None:
    wrong = [byte for byte in undefined_bytes(block.shape.encoding) if byte in block.content]
    return np.flatnonzero(np.isin(block.text, wrong)) if wrong else None


def _not_utf8(block: Block) -> Positions | None:
    """Give the place of the first byte that is not UTF-8 in each record that holds one."""
    if is_utf8(block.content):
        return None
    suspects = np.flatnonzero(block.holding(np.flatnonzero(block.text >= 128)))
    ends = ((int(block.starts[index]), _utf8_end(block.record(index))) for index in map(int, suspects))
    return np.array([start + end for start, end in ends if end is not None], np.intp)


def _utf8_end(content: bytes) -> int | None:
    """Give the position of the first byte that is not UTF-8, None when all are."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return None


def _stray_returns(block: Block) -> Positions | None:
    if not block.has_returns:
        return None
    returns = outside_quotes(np.flatnonzero(block.text == RETURN), block.quotes)
    following = block.text[np.minimum(returns + 1, len(block.text) - 1)]
    stray: Positions = returns[following != NEWLINE]
    return stray


def _marks(block: Block) -> Positions:
    # Few records begin with such a byte; a search of the whole block costs a third of the pass.
    first = block.starts[block.text[block.starts] == BYTE_ORDER_MARK[0]]
    return np.array([at for at in first if block.content.startswith(BYTE_ORDER_MARK, int(at))], np.intp)
