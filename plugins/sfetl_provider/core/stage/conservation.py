"""The equations that hold for a staged file, or it is not staged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypedDict

from sfetl_provider.core.errors import ReconciliationError
from sfetl_provider.core.plan.month_plan import SourceFile
from sfetl_provider.core.stage.layout import Layout
from sfetl_provider.core.stage.staged_file import Chunk


class LeftOutCounts(TypedDict):
    """What of a StagedFile is about records that were left out."""

    rejected_records: int
    left_out_bytes: int
    chunk_left_out_lines: tuple[int, ...]


def left_out_counts(chunks: Sequence[Chunk]) -> LeftOutCounts:
    """Sum up what was left out of the chunks of a file."""
    rejected = sum(chunk.rejected_records for chunk in chunks)
    return LeftOutCounts(
        rejected_records=rejected,
        left_out_bytes=sum(chunk.left_out_bytes for chunk in chunks),
        chunk_left_out_lines=tuple(chunk.left_out_lines for chunk in chunks) if rejected else (),
    )


def require_conservation(source: SourceFile, layout: Layout, chunks: Sequence[Chunk]) -> None:
    """Raise ReconciliationError unless the chunks are the file, or the range of it.

    Bytes: they meet from the first data record to the end, so header + left out + staged = the file, as each
    chunk was checked when it was made. Of a whole file of which QC left records out: what was taken out is what QC
    listed, and header + empty + rejected + staged are as many records as QC counted. Of ranges, task `copy` checks
    that for all of them.
    """
    faults = [*_meeting_faults(layout, chunks)]
    if source.left_out and source.byte_range is None:
        faults += _left_out_faults(source, layout, chunks)
    if faults:
        raise ReconciliationError(
            f"The chunks of {source.label} do not make up the file: {'; '.join(faults)}.",
            safe="Nothing was loaded; the recorded chunks were given up.",
            next_step="Clear this task: it starts afresh.",
            stage="stage",
        )


def _meeting_faults(layout: Layout, chunks: Sequence[Chunk]) -> Iterator[str]:
    edges = [layout.body_start, *(chunk.end_byte for chunk in chunks)]
    starts = [chunk.start_byte for chunk in chunks]
    if starts != edges[:-1] or edges[-1] != layout.end_byte or any(a >= b for a, b in pairwise(edges)):
        yield f"they end at byte {edges[-1]:,} of {layout.end_byte:,} or do not meet"


def _left_out_faults(source: SourceFile, layout: Layout, chunks: Sequence[Chunk]) -> Iterator[str]:
    left_out = source.left_out
    if left_out is None:
        return
    rejected = sum(chunk.rejected_records for chunk in chunks)
    lines = sum(chunk.left_out_lines for chunk in chunks)
    size_bytes = sum(chunk.left_out_bytes for chunk in chunks)
    if (rejected, lines, size_bytes) != (left_out.records, left_out.lines, left_out.size_bytes):
        yield (
            f"{rejected:,} records ({lines:,} lines, {size_bytes:,} bytes) were left out, QC listed "
            f"{left_out.records:,} ({left_out.lines:,}, {left_out.size_bytes:,})"
        )
    staged = sum(chunk.records + chunk.empty_records for chunk in chunks)
    if layout.header_records + staged + rejected != left_out.file_records:
        yield (
            f"{layout.header_records} header, {staged:,} staged or empty and {rejected:,} rejected records are "
            f"not the {left_out.file_records:,} that QC counted"
        )
