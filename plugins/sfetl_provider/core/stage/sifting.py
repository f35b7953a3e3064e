"""What the text of a chunk passes on its way from the source to the compressor.

Here what QC left out is taken out of it. Whatever else is to be done to records on their way to the stage belongs
here as well: it sees each block of text once, in order, in the thread that makes the chunk.
"""

from __future__ import annotations

from collections.abc import Iterator

from sfetl_provider.core.errors import ReconciliationError
from sfetl_provider.core.stage.split import ChunkRange
from sfetl_provider.core.tsv.left_out import LeftOutList
from sfetl_provider.core.tsv.source import Block
from sfetl_provider.core.tsv.spans import SpanCutter

# A chunk of which nothing is left becomes an empty line, which COPY skips: Snowflake's way with a file of no bytes
# at all is not documented.
NOTHING_LEFT = b"\n"


class Sieve:
    """One chunk's: `records`, `lines` and `left_out_bytes` are what was taken out, `text_bytes` what was left."""

    def __init__(self, left_out: LeftOutList | None, start_byte: int) -> None:
        self.text_bytes = 0
        self._cutter = left_out.cutter(start_byte) if left_out else SpanCutter(iter(()), start_byte)

    @property
    def records(self) -> int:
        """Records that were taken out."""
        return self._cutter.records

    @property
    def lines(self) -> int:
        """Lines that were taken out."""
        return self._cutter.lines

    @property
    def left_out_bytes(self) -> int:
        """Bytes that were taken out."""
        return self._cutter.size_bytes

    def passed(self, blocks: Iterator[Block]) -> Iterator[Block]:
        """Give what is left of each block, never an empty one."""
        for block in blocks:
            if kept := self._cutter.kept(block):
                self.text_bytes += len(kept)
                yield kept

    def require_sum(self, chunk: ChunkRange, name: str) -> None:
        """Raise ReconciliationError unless the chunk's bytes are what was left and what was taken out."""
        if self.text_bytes + self.left_out_bytes == chunk.size_bytes and not self._cutter.is_within_span:
            return
        raise ReconciliationError(
            f"Chunk {chunk.number} of {name} has {chunk.size_bytes:,} bytes, but {self.text_bytes:,} were staged "
            f"and {self.left_out_bytes:,} left out.",
            safe="Nothing was loaded; the chunks staged before are recorded.",
            next_step="The list of what is left out does not fit the file: clear this run's tasks from "
            "wait_for_files on.",
            stage="stage",
        )


def never_empty(blocks: Iterator[Block]) -> Iterator[Block]:
    """Give the blocks, or an empty line when there are none."""
    is_empty = True
    for block in blocks:
        is_empty = False
        yield block
    if is_empty:
        yield NOTHING_LEFT
