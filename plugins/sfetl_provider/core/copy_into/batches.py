"""All chunks of a month in batches, each small enough for one COPY and compressed in one way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from sfetl_provider.core.config.model import Compression
from sfetl_provider.core.plan.names import chunk_name
from sfetl_provider.core.stage.staged_file import StagedFile


@dataclass(frozen=True)
class StagedChunk:
    """One chunk as COPY sees it: `path` is relative to the run's stage folder, `<file_key>/part-00001.tsv.zst`.

    `source` is the file that it was cut from, `first_line` the number of its first line there, of which
    `left_out_lines` are not in the chunk.
    """

    path: str
    source: str
    first_line: int
    records: int
    compression: Compression
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


def make_batches(staged_files: Iterable[StagedFile], batch_files: int) -> tuple[Batch, ...]:
    """Cut the chunks of all files, in order, into batches of at most `batch_files`.

    A COPY knows one compression, so a batch ends where the next file is compressed in another way.
    """
    chunks = [chunk for staged in staged_files for chunk in _chunks(staged)]
    alike = [list(run) for _, run in groupby(chunks, key=lambda chunk: chunk.compression)]
    groups = [run[start : start + batch_files] for run in alike for start in range(0, len(run), batch_files)]
    return tuple(_batch(number, groups) for number in range(1, len(groups) + 1))


def _batch(number: int, groups: Sequence[Sequence[StagedChunk]]) -> Batch:
    return Batch(number=number, of=len(groups), chunks=tuple(groups[number - 1]))


def _chunks(staged: StagedFile) -> list[StagedChunk]:
    left_out = staged.chunk_left_out_lines or (0,) * staged.chunk_count
    counted = enumerate(zip(staged.chunk_records, staged.chunk_first_lines, left_out, strict=True), start=1)
    return [
        StagedChunk(
            path=f"{staged.key}/{chunk_name(number, staged.compression)}",
            source=staged.file,
            first_line=first_line,
            records=records,
            compression=staged.compression,
            left_out_lines=left_out_lines,
        )
        for number, (records, first_line, left_out_lines) in counted
    ]
