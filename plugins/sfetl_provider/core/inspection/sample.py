"""A sample of a file's content, as text and as bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from sfetl_provider.core.inspection.content import open_content
from sfetl_provider.core.inspection.encoding import Encoding, guess_encoding
from sfetl_provider.core.inspection.sampling import (
    BLOCK_BYTES,
    HEAD_BYTES,
    NEWLINE,
    PACKED_HEAD_BYTES,
    READ_ALL_BYTES,
    RETURN,
    Scatter,
    Unit,
    read_head,
    scatter,
)
from sfetl_provider.core.tsv.source import open_source

SLICES = 64
SLICE_BYTES = 16 * 1024


@dataclass(frozen=True)
class Sample:
    """What was read of a content: its beginning, whether that is all, and blocks from all over it.

    `spread` holds whole lines from all over it, for values; `packed_share` tells how much of a compressed file
    the beginning came from.
    """

    head: bytes
    is_whole: bool
    unit: Unit
    encoding: Encoding
    blocks: Scatter | None = None
    spread: tuple[bytes, ...] = ()
    packed_share: float = 0.0

    @property
    def head_lines(self) -> bytes:
        """The beginning's whole lines without byte order mark; of one endless line, what was read of it."""
        content = self.head[self.encoding.mark_bytes :]
        if self.is_whole:
            return content
        return self.unit.whole_lines(content, is_start=True) or content

    @property
    def has_line_end(self) -> bool:
        """Tell whether a line ends in the beginning."""
        return self.unit.lines(self.head) > 0

    @property
    def seen(self) -> list[bytes]:
        """All that was read, to count in."""
        return [self.head, *(self.blocks.pieces if self.blocks else ())]

    def decoded(self, piece: bytes) -> str:
        """Give a piece as text with \\n for each line's end."""
        text = piece.decode(self.encoding.codec, "replace")
        return text.replace("\r", "\n") if self.unit.newline == RETURN else text


def plain_sample(path: Path, size_bytes: int, monotonic: Callable[[], float]) -> Sample:
    """Read a file of up to 16 MiB whole; of a larger one its beginning, blocks all over it and its end."""
    with open_source(path) as file:
        if size_bytes <= READ_ALL_BYTES:
            return _encoded(read_head(file, size_bytes), None, is_whole=True)
        head = read_head(file, HEAD_BYTES)
        unit = _unit(head, guess_encoding(head, b""))
        blocks = scatter(file, size_bytes, unit, monotonic)
        file.seek(size_bytes - BLOCK_BYTES)
        end = unit.last_lines(file.read(BLOCK_BYTES))
    return replace(_encoded(head, blocks, is_whole=False), spread=(*blocks.pieces, end))


def packed_sample(path: Path, kind: str, size_bytes: int) -> Sample:
    """Read the first 4 MiB of a compressed file's content."""
    with open_content(path, kind) as content:
        head = read_head(content.stream, PACKED_HEAD_BYTES)
        share = min(1.0, content.file.tell() / size_bytes)
    return replace(_encoded(head, None, is_whole=len(head) < PACKED_HEAD_BYTES), packed_share=share)


def _encoded(head: bytes, blocks: Scatter | None, is_whole: bool) -> Sample:
    lines = head if is_whole else Unit().whole_lines(head, is_start=True)
    encoding = guess_encoding(head, b"".join((lines, *(blocks.pieces if blocks else ()))))
    unit = _unit(head, encoding)
    return Sample(head, is_whole, unit, encoding, blocks, spread=_slices(head, unit))


def _slices(head: bytes, unit: Unit) -> tuple[bytes, ...]:
    """Give whole lines from all over what was read, when it is long."""
    if len(head) <= HEAD_BYTES:
        return ()
    starts = range(0, len(head), len(head) // SLICES // unit.width * unit.width)
    slices = (unit.whole_lines(head[start : start + SLICE_BYTES]) for start in starts)
    return (*slices, unit.last_lines(head[-BLOCK_BYTES:]))


def _unit(head: bytes, encoding: Encoding) -> Unit:
    is_big = encoding.codec == "utf-16-be"
    unit = Unit(encoding.unit_bytes, is_big, NEWLINE)
    returns = Unit(encoding.unit_bytes, is_big, RETURN)
    return returns if not unit.lines(head) and returns.lines(head) else unit
