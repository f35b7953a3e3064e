"""Making one chunk file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sfetl_provider.core.compression import Compression
from sfetl_provider.core.errors import ReconciliationError
from sfetl_provider.core.stage.compressors import Compressor, open_compressor
from sfetl_provider.core.stage.masking import Masking
from sfetl_provider.core.stage.scratch import scratch_error
from sfetl_provider.core.stage.sifting import Sieve, never_empty
from sfetl_provider.core.stage.split import ChunkRange
from sfetl_provider.core.stage.staged_file import Chunk
from sfetl_provider.core.stage.stream import TextStream
from sfetl_provider.core.tsv.left_out import LeftOutList
from sfetl_provider.core.tsv.line_counter import LineCounter
from sfetl_provider.core.tsv.source import Block, changed_while_read, open_source, read_blocks

BLOCK_BYTES = 1024 * 1024
CHUNKS_GIVEN_UP = "Nothing was loaded; the chunks staged so far are given up."


class CompressionStopped(Exception):  # noqa: N818 - it ends a thread when told to, it is no failure
    """The run is ending and no longer wants this chunk."""


@dataclass(frozen=True)
class ChunkSource:
    """How to read chunks of a file, hide columns if any are masked, and compress them.

    With a `stream` the file is compressed itself: its chunks are made one after the other in their order, each
    by so many `threads`; `size_bytes` is then unknown and -1. What is `left_out` does not come into the chunks.
    """

    path: Path
    size_bytes: int
    quote: bytes | None
    block_bytes: int = BLOCK_BYTES
    stream: TextStream | None = None
    masking: Masking | None = None
    threads: int = 0
    compression: Compression = "zstd"
    left_out: LeftOutList | None = None

    @property
    def is_unchanged(self) -> bool:
        """Whether the bytes of a chunk go into its frame as they are, so that their number is known before."""
        return self.stream is None and self.masking is None and self.left_out is None


def _go_on() -> bool:
    return False


def ignore_bytes(size_bytes: int) -> None:
    """Count nothing."""


@dataclass(frozen=True)
class Watch:
    """Who looks on while a chunk is made, after each block: whether to stop, and how many bytes it had."""

    is_stopped: Callable[[], bool] = _go_on
    count: Callable[[int], None] = ignore_bytes


@dataclass(frozen=True)
class ChunkFile:
    """A finished chunk file and what was counted while it was made; the hash is of its compressed bytes.

    `source_bytes` is what of the source file was read for it: less than its text when that is compressed. `lines`
    include `left_out_lines`, which are not in it.
    `zstd_level` is 0 for other compressions.
    """

    path: Path
    chunk: ChunkRange
    source_bytes: int
    lines: int
    records: int
    empty_records: int
    compressed_bytes: int
    compressed_sha256: str
    zstd_level: int
    rejected_records: int = 0
    left_out_lines: int = 0
    left_out_bytes: int = 0

    def recorded(self, first_line: int) -> Chunk:
        """Give it as it is recorded once its upload is confirmed."""
        return Chunk(
            number=self.chunk.number,
            start_byte=self.chunk.start_byte,
            end_byte=self.chunk.end_byte,
            first_line=first_line,
            lines=self.lines,
            records=self.records,
            empty_records=self.empty_records,
            compressed_bytes=self.compressed_bytes,
            compressed_sha256=self.compressed_sha256,
            zstd_level=self.zstd_level,
            rejected_records=self.rejected_records,
            left_out_lines=self.left_out_lines,
            left_out_bytes=self.left_out_bytes,
        )


def compress_chunk(
    source: ChunkSource,
    chunk: ChunkRange,
    target: Path,
    zstd_level: int,
    watch: Watch = Watch(),
) -> ChunkFile:
    """Write one chunk as one frame: of zstd with checksum (and content size, unless read from a stream or masked).

    A chunk of a stream ends with the record that holds the byte before `chunk.end_byte`; the result tells where. A
    chunk of which all is left out becomes an empty line.

    Memory: about four blocks (4 MiB) and what the compressor takes. The file is written beside `target` and
    renamed when it is whole; after any failure nothing is left. Several threads may make different chunks at once:
    compression, hashing and counting let go of Python's lock. Raises SourceFileError when the file is unreadable
    or ends early, ReconciliationError when the chunk does not end with a record or its bytes do not add up,
    ScratchSpaceError when it cannot be written, CompressionStopped as soon as the watch says so.
    """
    partial = target.with_suffix(".part")
    counter = LineCounter(source.quote)
    sieve, written = Sieve(source.left_out, chunk.start_byte), LineCounter(source.quote)
    blocks = _counted(sieve.passed(_blocks(source, chunk, watch)), counter)
    if source.masking is not None:
        blocks = _counted(source.masking.masked(blocks, chunk.start_byte), written)
    size_bytes = chunk.size_bytes if source.is_unchanged else -1
    compressor = open_compressor(source.compression, zstd_level, size_bytes, source.threads)
    try:
        compressed_bytes, sha256 = _write(_frame(never_empty(blocks), compressor), partial)
        chunk = _verified(source, chunk, sieve, counter, written)
        partial.replace(target)
    except OSError as error:
        raise scratch_error(target.parent, error) from error
    finally:
        partial.unlink(missing_ok=True)
    return ChunkFile(
        path=target,
        chunk=chunk,
        source_bytes=chunk.size_bytes if source.stream is None else source.stream.source_advance(),
        lines=counter.lines + sieve.lines,
        records=counter.records,
        empty_records=counter.empty_records,
        compressed_bytes=compressed_bytes,
        compressed_sha256=sha256,
        zstd_level=zstd_level if source.compression == "zstd" else 0,
        rejected_records=sieve.records,
        left_out_lines=sieve.lines,
        left_out_bytes=sieve.left_out_bytes,
    )


def _verified(
    source: ChunkSource, chunk: ChunkRange, sieve: Sieve, counter: LineCounter, written: LineCounter
) -> ChunkRange:
    chunk, is_last = _finished(source, chunk)
    sieve.require_sum(chunk, source.path.name)
    if is_last:
        counter.finish()
    _require_record_end(source, chunk, counter)
    if source.masking is not None:
        _require_same_records(chunk, counter, written)
    return chunk


def _blocks(source: ChunkSource, chunk: ChunkRange, watch: Watch) -> Iterator[Block]:
    blocks: Iterator[Block] = (
        _read(source, chunk) if source.stream is None else source.stream.blocks(chunk.end_byte)
    )
    for block in blocks:
        yield block
        watch.count(len(block))
        if watch.is_stopped():
            raise CompressionStopped


def _read(source: ChunkSource, chunk: ChunkRange) -> Iterator[Block]:
    with open_source(source.path) as file:
        file.seek(chunk.start_byte)
        left = chunk.size_bytes
        for block in read_blocks(file, source.block_bytes, left):
            left -= len(block)
            yield block
    if left:
        raise changed_while_read(source.path, stage="stage", safe=CHUNKS_GIVEN_UP)


def _counted(blocks: Iterator[Block], counter: LineCounter) -> Iterator[Block]:
    for block in blocks:
        counter.feed(block)
        yield block


def _frame(blocks: Iterator[Block], compressor: Compressor) -> Iterator[Block]:
    for block in blocks:
        yield compressor.compress(block)
    yield compressor.flush()


def _write(parts: Iterator[Block], path: Path) -> tuple[int, str]:
    digest = hashlib.sha256()
    size_bytes = 0
    with path.open("wb") as file:
        for part in parts:
            digest.update(part)
            size_bytes += file.write(part)
    return size_bytes, digest.hexdigest()


def _finished(source: ChunkSource, chunk: ChunkRange) -> tuple[ChunkRange, bool]:
    """Give the chunk as it came to be, and whether the text ends with it."""
    if source.stream is None:
        return chunk, chunk.end_byte == source.size_bytes
    return ChunkRange(chunk.number, chunk.start_byte, source.stream.position), source.stream.is_at_end


def _require_record_end(source: ChunkSource, chunk: ChunkRange, counter: LineCounter) -> None:
    if counter.is_at_record_end:
        return
    raise ReconciliationError(
        f"Chunk {chunk.number} of {source.path.name} does not end with a record (byte {chunk.end_byte:,}).",
        safe="Nothing was loaded; the chunks staged before are recorded.",
        next_step="The file changed or its quotes are not paired: let QC check it, correct it, start over.",
        stage="stage",
    )


def _require_same_records(chunk: ChunkRange, read: LineCounter, written: LineCounter) -> None:
    """Masked bytes are others than the file's, so records take their place."""
    written.finish()
    if (read.records, read.empty_records) != (written.records, written.empty_records):
        raise ReconciliationError(
            f"Chunk {chunk.number} has {written.records:,} records after masking, {read.records:,} before.",
            safe="It was not uploaded; the chunks staged before are recorded.",
            next_step="Report this as a defect.",
            stage="stage",
        )
