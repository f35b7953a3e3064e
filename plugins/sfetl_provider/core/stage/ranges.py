"""A file that is too large for one task, divided into byte ranges for several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import ReconciliationError
from sfetl_provider.core.events import Listener, Progress, ignore_events
from sfetl_provider.core.plan.month_plan import ByteRange, Cutting, SourceFile
from sfetl_provider.core.stage.layout import Layout, read_layout
from sfetl_provider.core.stage.split import ChunkRange, chunk_ranges
from sfetl_provider.core.stage.staged_file import DIVIDE_AGAIN
from sfetl_provider.core.tsv.compressed import is_compressed
from sfetl_provider.core.tsv.file_hash import file_sha256, require_sha256
from sfetl_provider.core.tsv.fingerprint import fingerprint
from sfetl_provider.core.tsv.source import SourceChangedError, changed_while_read, open_source


def divide(
    source: SourceFile, config: FeedConfig, listener: Listener = ignore_events, *, is_hashed: bool = False
) -> list[SourceFile]:
    """Give the file once for each of its byte ranges, or as it is when one task can stage it.

    Ranges are made of the very chunks that the whole file would have, so they meet without gap or overlap and
    chunks keep their numbers. A compressed file is never divided, a file of one record neither. Cost: nothing up
    to `stage.range_mib`; above it one seek a chunk, or, with a quote character, one read of the whole file,
    since whether a newline ends a record depends on all quotes before it. With `is_hashed` the file is read whole
    once (more), for its SHA-256, which no task that stages a range could tell; QC of the file does. Memory: 4 MiB.
    Raises SourceFileError when the file cannot be read or changes meanwhile.
    """
    range_bytes = config.stage.range_bytes
    if range_bytes is None or source.size_bytes <= range_bytes or is_compressed(source.path):
        return [source]
    cutting = cutting_of(source, config)
    layout = read_layout(Path(source.path), config.format)
    chunks = list(_told(source, layout, _chunks(source, layout, cutting.chunk_bytes), listener))
    if fingerprint(source.path) != cutting.fingerprint:
        raise changed_while_read(source.path, "stage", "Nothing was staged.")
    groups = _grouped(chunks, _span_bytes(layout.size_bytes, range_bytes, cutting.chunk_bytes))
    if len(groups) <= 1:
        return [source]
    if is_hashed or source.sha256:
        found = file_sha256(Path(source.path))
        require_sha256(source, found)
        source = source.model_copy(update={"sha256": found})
    return [
        source.model_copy(update={"byte_range": _byte_range(number, groups, cutting)})
        for number in range(1, len(groups) + 1)
    ]


def cutting_of(source: SourceFile, config: FeedConfig) -> Cutting:
    """Give what the file is divided by now; raises SourceFileError when it cannot be read."""
    return Cutting(
        fingerprint=fingerprint(source.path),
        chunk_bytes=config.stage.chunk_bytes,
        header=config.format.header,
        quote=config.format.quote,
    )


def require_same_cutting(source: SourceFile, byte_range: ByteRange, now: Cutting) -> None:
    """Raise unless the file and the settings are those by which it was divided.

    Raises SourceChangedError for another content, ReconciliationError for other settings.
    """
    before = byte_range.cutting
    if now.fingerprint != before.fingerprint:
        raise SourceChangedError(
            f"{source.path} changed since it was divided into {byte_range.of} ranges; this is range "
            f"{byte_range.number}.",
            safe="Nothing was loaded; what the other ranges staged belongs to the file as it was.",
            next_step=f"Wait until its sender has finished writing, then {DIVIDE_AGAIN}",
            stage="stage",
        )
    changed = [field for field in Cutting.model_fields if getattr(now, field) != getattr(before, field)]
    if changed:
        raise ReconciliationError(
            f"Settings changed since {source.name} was divided into ranges ({', '.join(changed)}).",
            safe="Nothing was loaded.",
            next_step=f"Take the change back and clear this task, or {DIVIDE_AGAIN}",
            stage="stage",
        )


def chunks_until(end_byte: int, chunks: Iterator[ChunkRange]) -> Iterator[ChunkRange]:
    """Give chunks up to the one that ends there, and look for none beyond."""
    for chunk in chunks:
        yield chunk
        if chunk.end_byte >= end_byte:
            return


def _chunks(source: SourceFile, layout: Layout, chunk_bytes: int) -> Iterator[ChunkRange]:
    with open_source(Path(source.path)) as file:
        yield from chunk_ranges(file, layout.body_start, chunk_bytes, layout.quote)


def _told(
    source: SourceFile, layout: Layout, chunks: Iterator[ChunkRange], listener: Listener
) -> Iterator[ChunkRange]:
    for chunk in chunks:
        listener(Progress("divide", source.name, chunk.end_byte, layout.size_bytes, "bytes"))
        yield chunk


def _span_bytes(size_bytes: int, range_bytes: int, chunk_bytes: int) -> int:
    """Give the length of a range: a multiple of `chunk_bytes` that makes ranges of nearly equal length."""
    ranges = max(1, -(-size_bytes // range_bytes))
    chunks = -(-size_bytes // chunk_bytes)
    return -(-chunks // ranges) * chunk_bytes


def _grouped(chunks: Sequence[ChunkRange], span_bytes: int) -> list[list[ChunkRange]]:
    return [list(group) for _, group in groupby(chunks, lambda chunk: chunk.start_byte // span_bytes)]


def _byte_range(number: int, groups: Sequence[Sequence[ChunkRange]], cutting: Cutting) -> ByteRange:
    group = groups[number - 1]
    return ByteRange(
        number=number,
        of=len(groups),
        start_byte=group[0].start_byte,
        end_byte=group[-1].end_byte,
        first_chunk=group[0].number,
        chunks=len(group),
        file_chunks=groups[-1][-1].number,
        cutting=cutting,
    )
