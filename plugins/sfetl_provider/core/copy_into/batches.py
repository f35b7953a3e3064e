"""All chunks of a month in batches, each small enough for one COPY and compressed in one way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from math import ceil

from sfetl_provider.core.compression import Compression
from sfetl_provider.core.compute.advice import LoadSize
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.plan.names import chunk_name
from sfetl_provider.core.stage.staged_file import StagedFile


@dataclass(frozen=True)
class StagedChunk:
    """One chunk as COPY sees it: `path` is relative to the run's stage folder, `<file_key>/part-00001.tsv.zst`.

    `source` is the file that it was cut from, `first_line` the number of its first line there, of which
    `left_out_lines` are not in the chunk. `records` are the rows that COPY must load, `blank_lines` those that it
    skips. `stored_bytes` is the file's mean.
    """

    path: str
    source: str
    first_line: int
    records: int
    compression: Compression
    blank_lines: int = 0
    stored_bytes: int = 0
    left_out_lines: int = 0


@dataclass(frozen=True)
class Batch:
    """The chunks of one COPY; batches count from 1 to `of`."""

    number: int
    of: int
    chunks: tuple[StagedChunk, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """The chunks' paths, for FILES."""
        return tuple(chunk.path for chunk in self.chunks)

    @property
    def compression(self) -> Compression:
        """How all of its chunks are compressed."""
        return self.chunks[0].compression

    @property
    def records(self) -> int:
        """How many rows this COPY must load."""
        return sum(chunk.records for chunk in self.chunks)


def chunk_tail(path: str) -> str:
    """Give the last two parts of a path, `<file_key>/part-…`: Snowflake prefixes the stage's path."""
    return "/".join(path.split("/")[-2:])


def load_size(batches: Sequence[Batch]) -> LoadSize:
    """Give what COPY is to read, for advice about the warehouse."""
    chunks = [chunk for batch in batches for chunk in batch.chunks]
    return LoadSize(
        chunks=len(chunks),
        stored_bytes=sum(chunk.stored_bytes for chunk in chunks),
        largest_batch=max((len(batch.chunks) for batch in batches), default=0),
    )


def make_batches(staged_files: Iterable[StagedFile], config: FeedConfig) -> tuple[Batch, ...]:
    """Cut the chunks of all files, in order, into batches of nearly equal numbers of chunks.

    None has more than `load.batch_files` chunks, nor, as far as the mean tells, more than `load.batch_mib` on the
    stage, unless it is a single chunk. A COPY knows one compression, so a batch ends where the next file is
    compressed in another way.
    """
    is_one_column = len(config.columns) == 1
    chunks = [chunk for staged in staged_files for chunk in _chunks(staged, is_one_column)]
    alike = [list(run) for _, run in groupby(chunks, key=lambda chunk: chunk.compression)]
    groups = [group for run in alike for group in _divided(run, config)]
    return tuple(_batch(number, groups) for number in range(1, len(groups) + 1))


def _divided(chunks: Sequence[StagedChunk], config: FeedConfig) -> Iterator[Sequence[StagedChunk]]:
    stored_bytes = sum(chunk.stored_bytes for chunk in chunks)
    by_files = ceil(len(chunks) / config.load.batch_files)
    by_bytes = ceil(stored_bytes / config.load.batch_bytes)
    count = min(len(chunks), max(by_files, by_bytes))
    bounds = [len(chunks) * number // count for number in range(count + 1)]
    for start, end in pairwise(bounds):
        yield chunks[start:end]


def _batch(number: int, groups: Sequence[Sequence[StagedChunk]]) -> Batch:
    return Batch(number=number, of=len(groups), chunks=tuple(groups[number - 1]))


def _chunks(staged: StagedFile, is_one_column: bool) -> list[StagedChunk]:
    """An empty line is a row where the feed has one column, and none otherwise: as COPY's file format says."""
    left_out = staged.chunk_left_out_lines or (0,) * staged.chunk_count
    counts = (staged.chunk_records, staged.chunk_first_lines, staged.empty_records_of_chunks, left_out)
    return [
        StagedChunk(
            path=f"{staged.key}/{chunk_name(number, staged.compression)}",
            source=staged.file,
            first_line=first_line,
            records=records + empty if is_one_column else records,
            compression=staged.compression,
            blank_lines=0 if is_one_column else empty,
            stored_bytes=staged.compressed_bytes // staged.chunk_count,
            left_out_lines=left_out_lines,
        )
        for number, (records, first_line, empty, left_out_lines) in enumerate(
            zip(*counts, strict=True), start=1
        )
    ]
