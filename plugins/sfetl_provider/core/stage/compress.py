"""Making one chunk file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import zstandard

from sfetl_provider.core.errors import ReconciliationError
from sfetl_provider.core.stage.scratch import scratch_error
from sfetl_provider.core.stage.split import ChunkRange
from sfetl_provider.core.tsv.line_counter import LineCounter
from sfetl_provider.core.tsv.source import changed_while_read, open_source

BLOCK_BYTES = 4 * 1024 * 1024
CHUNKS_GIVEN_UP = "Nothing was loaded; the chunks staged so far are given up."


class CompressionStopped(Exception):  # noqa: N818 - it ends a thread when told to, it is no failure
    """The run is ending and no longer wants this chunk."""


@dataclass(frozen=True)
class ChunkSource:
    """How to read chunks of a file and compress them."""

    path: Path
    size_bytes: int
    quote: bytes | None
    block_bytes: int = BLOCK_BYTES


def _go_on() -> bool:
    return False


def _ignore(size_bytes: int) -> None:
    """Count nothing."""


@dataclass(frozen=True)
class Watch:
    """Who looks on while a chunk is made, after each block: whether to stop, and how many bytes it had."""

    is_stopped: Callable[[], bool] = _go_on
    count: Callable[[int], None] = _ignore


@dataclass(frozen=True)
class ChunkFile:
    """A finished chunk file and what was counted while it was made; the hash is of its compressed bytes."""

    path: Path
    chunk: ChunkRange
    lines: int
    records: int
    empty_records: int
    compressed_bytes: int
    compressed_sha256: str
    zstd_level: int


def compress_chunk(
    source: ChunkSource,
    chunk: ChunkRange,
    target: Path,
    zstd_level: int,
    watch: Watch = Watch(),
) -> ChunkFile:
    """Write one chunk as one zstd frame with content size and checksum, counting in the same pass.

    Memory: about four blocks (16 MiB). The file is written beside `target` and renamed when it is whole; after
    any failure nothing is left. Several threads may make different chunks at once: compression, hashing and
    counting let go of Python's lock. Raises SourceFileError when the file is unreadable or ends early,
    ReconciliationError when the chunk does not end with a record, ScratchSpaceError when it cannot be written,
    CompressionStopped as soon as the watch says so.
    """
    partial = target.with_suffix(".part")
    counter = LineCounter(source.quote)
    blocks = _counted(_blocks(source, chunk, watch), counter)
    compressor = zstandard.ZstdCompressor(
        level=zstd_level, write_checksum=True, write_content_size=True
    ).compressobj(size=chunk.size_bytes)
    try:
        compressed_bytes, sha256 = _write(_frame(blocks, compressor), partial)
        _finish(source, chunk, counter)
        partial.replace(target)
    except OSError as error:
        raise scratch_error(target.parent, error) from error
    finally:
        partial.unlink(missing_ok=True)
    return ChunkFile(
        path=target,
        chunk=chunk,
        lines=counter.lines,
        records=counter.records,
        empty_records=counter.empty_records,
        compressed_bytes=compressed_bytes,
        compressed_sha256=sha256,
        zstd_level=zstd_level,
    )


def _blocks(source: ChunkSource, chunk: ChunkRange, watch: Watch) -> Iterator[bytes]:
    with open_source(source.path) as file:
        file.seek(chunk.start_byte)
        left = chunk.size_bytes
        while left:
            if watch.is_stopped():
                raise CompressionStopped
            block = file.read(min(source.block_bytes, left))
            if not block:
                raise changed_while_read(source.path, stage="stage", safe=CHUNKS_GIVEN_UP)
            left -= len(block)
            yield block
            watch.count(len(block))


def _counted(blocks: Iterator[bytes], counter: LineCounter) -> Iterator[bytes]:
    for block in blocks:
        counter.feed(block)
        yield block


def _frame(blocks: Iterator[bytes], compressor: zstandard.ZstdCompressionObj) -> Iterator[bytes]:
    for block in blocks:
        yield compressor.compress(block)
    yield compressor.flush()


def _write(parts: Iterator[bytes], path: Path) -> tuple[int, str]:
    digest = hashlib.sha256()
    size_bytes = 0
    with path.open("wb") as file:
        for part in parts:
            digest.update(part)
            size_bytes += file.write(part)
    return size_bytes, digest.hexdigest()


def _finish(source: ChunkSource, chunk: ChunkRange, counter: LineCounter) -> None:
    if chunk.end_byte == source.size_bytes:
        counter.finish()
    elif not counter.is_at_record_end:
        raise ReconciliationError(
            f"Chunk {chunk.number} of {source.path.name} does not end with a record (byte {chunk.end_byte:,}).",
            safe="Nothing was loaded; the chunks staged before are recorded.",
            next_step="The file changed or its quotes are not paired: let QC check it, correct it, start over.",
            stage="stage",
        )
