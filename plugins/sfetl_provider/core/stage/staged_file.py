"""What staging made of one source file."""

from __future__ import annotations

from collections.abc import Sequence
from operator import not_

from pydantic import Field

from sfetl_provider.core.compression import Compression
from sfetl_provider.core.plan.month_plan import ByteRange
from sfetl_provider.core.record import Record

# What a person does when ranges no longer fit their file.
DIVIDE_AGAIN = "clear wait_for_files with its downstream tasks: the file is divided and staged afresh."


class Chunk(Record):
    """One chunk that lies verified on the stage: numbers count from 1, the byte range is half open.

    `first_line` is the number of its first line in the source, so that COPY's line numbers can be mapped back;
    `lines` are physical ones, more than the records where quoted fields hold newlines, and include
    `left_out_lines`: those of the `rejected_records` that QC left out, which are not in the chunk.
    `records` are what COPY must parse: lines without the empty ones. Uploads may overtake each other: a chunk
    whose own upload is not yet confirmed stands before a later one with nothing for its compressed form.
    `zstd_level` is 0 for other compressions and for a file that is staged as it is.
    """

    number: int
    start_byte: int
    end_byte: int
    first_line: int
    lines: int
    records: int
    empty_records: int
    compressed_bytes: int
    compressed_sha256: str
    zstd_level: int
    rejected_records: int = Field(default=0, exclude_if=not_)
    left_out_lines: int = Field(default=0, exclude_if=not_)
    left_out_bytes: int = Field(default=0, exclude_if=not_)

    @property
    def is_confirmed(self) -> bool:
        """Tell whether its upload was confirmed."""
        return self.compressed_bytes > 0

    @property
    def size_bytes(self) -> int:
        """Size of its text in the source."""
        return self.end_byte - self.start_byte


class StagedFile(Record):
    """One source file on the stage; small enough for XCom (a few KB at hundreds of chunks).

    Conservation: records = header + empty + rejected + staged, and the sum of `chunk_records` is what was staged.
    `rejected_records` with their `left_out_bytes` are those that QC left out; `chunk_left_out_lines` says how many
    lines of them belong to each chunk, and is empty when there are none.
    `chunk_empty_records` has nothing in it when no chunk has an empty line.
    `fingerprint` is made of size, modification time and the content of the file's head and tail; `sha256` of
    all its bytes as they were delivered, of a compressed file not of its text, and empty when several tasks staged
    it and nobody else read it whole. `seconds` are those of the slowest of several.

    `mask` is `Masking.identity`; the text of the chunks is then not the file's, but has the same records with
    the same number of fields each.
    """

    file: str
    key: str
    fingerprint: str
    sha256: str
    size_bytes: int
    records: int
    header_records: int
    empty_records: int
    staged_records: int
    chunk_records: tuple[int, ...]
    chunk_first_lines: tuple[int, ...]
    compression: Compression
    compressed_bytes: int
    chunks_reused: int
    seconds: float
    ranges: int = 1
    chunk_empty_records: tuple[int, ...] = Field(default=(), exclude_if=not_)
    rejected_records: int = Field(default=0, exclude_if=not_)
    left_out_bytes: int = Field(default=0, exclude_if=not_)
    chunk_left_out_lines: tuple[int, ...] = Field(default=(), exclude_if=not_)
    mask: str = Field(default="", exclude_if=not_)

    @property
    def chunk_count(self) -> int:
        """How many chunks it became."""
        return len(self.chunk_records)

    @property
    def empty_records_of_chunks(self) -> tuple[int, ...]:
        """The empty lines of each chunk."""
        return self.chunk_empty_records or (0,) * self.chunk_count


def empty_records_of(chunks: Sequence[Chunk]) -> tuple[int, ...]:
    """Give what `StagedFile.chunk_empty_records` holds."""
    counts = tuple(chunk.empty_records for chunk in chunks)
    return counts if any(counts) else ()


class StagedRange(Record):
    """One byte range of a source file on the stage, to be joined with the others (about 300 bytes a chunk).

    `size_bytes` is the whole file's, and so is `sha256`, where it was known before. Line numbers in `chunks`
    begin at 1 in each range but the first, whose begin after the header. `lines` and the counts of records are
    the range's, without the header.
    """

    file: str
    key: str
    fingerprint: str
    sha256: str = ""
    size_bytes: int
    byte_range: ByteRange
    header_records: int
    lines: int
    empty_records: int
    staged_records: int
    compression: Compression
    chunks: tuple[Chunk, ...]
    chunks_reused: int
    seconds: float
    mask: str = Field(default="", exclude_if=not_)

    @property
    def chunk_count(self) -> int:
        """How many chunks it became."""
        return len(self.chunks)
