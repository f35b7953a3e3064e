"""Where a file is cut into chunks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from sfetl_provider.core.tsv.boundaries import QuoteParity, record_end


@dataclass(frozen=True)
class ChunkRange:
    """The bytes of one chunk: numbers count from 1, the range is half open and never empty."""

    number: int
    start_byte: int
    end_byte: int

    @property
    def size_bytes(self) -> int:
        """Uncompressed size."""
        return self.end_byte - self.start_byte


def chunk_ranges(
    file: BinaryIO, start: int, chunk_bytes: int, quote: bytes | None, first_number: int = 1
) -> Iterator[ChunkRange]:
    """Cut a file from the record at `start` on: at multiples of `chunk_bytes`, moved to the next record's end.

    Boundaries do not depend on `start`, so a resumed run makes the same chunks. Ranges meet without gap or
    overlap and end with the file. A record longer than a chunk makes one longer chunk. Lazy: without a quote
    character a chunk costs one seek and 64 KiB, with one the file is read once, sequentially. The file's
    position is moved, so give it a file object of its own.
    """
    size = os.fstat(file.fileno()).st_size
    parity = QuoteParity(file, quote, start) if quote else None
    number = first_number
    while start < size:
        target = (start // chunk_bytes + 1) * chunk_bytes
        end = _boundary(file, target, parity, quote) if target < size else size
        yield ChunkRange(number, start, end)
        start, number = end, number + 1


def _boundary(file: BinaryIO, target: int, parity: QuoteParity | None, quote: bytes | None) -> int:
    """Give the first record's end at or after `target`: the end of the record that holds the byte before."""
    is_quoted = parity.is_quoted_at(target - 1) if parity else False
    return record_end(file, target - 1, quote, is_quoted)
