"""One pass over the bytes of a file that finds every record that is none.

DuckDB skips empty lines in silence, drops an empty field too many at a line's end and stops at stray carriage
returns; so the structure is judged here, and DuckDB's count of rows is held against it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np

from sfetl_provider.core.qc.record_block import Block, Mask, Shape
from sfetl_provider.core.qc.record_limit import RECORD_LIMIT_BYTES
from sfetl_provider.core.qc.record_sample import RecordSample
from sfetl_provider.core.qc.report import BadLine
from sfetl_provider.core.text_encoding import undefined_bytes
from sfetl_provider.core.tsv.boundaries import BYTE_ORDER_MARK
from sfetl_provider.core.tsv.line_counter import NEWLINE, RETURN, Positions, outside_quotes
from sfetl_provider.core.tsv.utf8 import is_utf8

_TOO_LONG = "longer than 16 MiB: no newline ends it, or a quote is not closed"
Sink = Callable[[BadLine, bytes], bool]


class BadRecords(Protocol):
    """Who takes the bad records of each block; `first_line` is the number of the block's first line."""

    def add(self, block: Block, bad: Mask, first_line: int) -> None:
        """Take those that are marked."""


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
