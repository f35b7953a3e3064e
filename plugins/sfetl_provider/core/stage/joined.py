"""From the results of staging tasks to one result for each source file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, groupby, pairwise

from sfetl_provider.core.errors import ReconciliationError
from sfetl_provider.core.stage.conservation import left_out_counts
from sfetl_provider.core.stage.staged_file import (
    DIVIDE_AGAIN,
    Chunk,
    StagedFile,
    StagedRange,
    empty_records_of,
)


def staged_files(results: Iterable[Mapping[str, object]]) -> tuple[StagedFile, ...]:
    """Read what the staging tasks returned, a StagedFile or a StagedRange each, and join ranges to files.

    Files keep their order. Raises ReconciliationError when ranges do not make up their file or one comes twice.
    """
    parts = [
        StagedRange.from_json(result) if "byte_range" in result else StagedFile.from_json(result)
        for result in results
    ]
    files: list[StagedFile] = []
    for _, group in groupby(parts, lambda part: part.key):
        of_file = list(group)
        ranges = [part for part in of_file if isinstance(part, StagedRange)]
        files.extend(part for part in of_file if isinstance(part, StagedFile))
        files.extend([join_ranges(ranges)] if ranges else [])
    if twice := sorted(name for name, times in Counter(file.file for file in files).items() if times > 1):
        raise _mismatch(f"{', '.join(twice)} was staged more than once.")
    if len({file.mask for file in files}) > 1:
        raise _mismatch("The month's files are not masked alike: columns, methods or key changed in between.")
    return tuple(files)


def join_ranges(ranges: Sequence[StagedRange]) -> StagedFile:
    """Give what one task would have given for the whole file; pure.

    Proves first that the ranges are all those of one division of one content; that they and their chunks meet from
    the first record to the file's end and chunk numbers follow each other; that lines and records add up, per
    chunk and per range. Line numbers become those of the file. Raises ReconciliationError with every fault.
    """
    faults = [*_division_faults(ranges)] or [*_meeting_faults(ranges), *_range_faults(ranges)]
    if faults:
        raise _mismatch(f"The ranges of {ranges[0].file} do not make up the file: {'; '.join(faults)}.")
    return _joined(ranges)


def _mismatch(what: str) -> ReconciliationError:
    return ReconciliationError(
        what,
        safe="Nothing was copied; the table is as it was.",
        next_step=f"To stage it again, {DIVIDE_AGAIN}",
        stage="stage",
    )


def _division_faults(ranges: Sequence[StagedRange]) -> Iterator[str]:
    if len({(part.key, part.fingerprint, part.sha256, part.size_bytes) for part in ranges}) > 1:
        yield "they are not of the same content"
    if len({part.compression for part in ranges}) > 1:
        yield "they are not compressed alike"
    if len({part.mask for part in ranges}) > 1:
        yield "their columns are not masked alike"
    cuttings = {(part.byte_range.cutting.model_dump_json(), part.byte_range.of) for part in ranges}
    if len(cuttings) > 1 or any(part.fingerprint != part.byte_range.cutting.fingerprint for part in ranges):
        yield "they were not divided at the same time"
    numbers = [part.byte_range.number for part in ranges]
    if numbers != list(range(1, ranges[0].byte_range.of + 1)):
        yield f"there are ranges {', '.join(map(str, numbers))} of {ranges[0].byte_range.of}"


def _meeting_faults(ranges: Sequence[StagedRange]) -> Iterator[str]:
    for one, other in pairwise(part.byte_range for part in ranges):
        if one.end_byte != other.start_byte:
            yield (
                f"range {one.number} ends at byte {one.end_byte:,}, range {other.number} begins at "
                f"{other.start_byte:,}"
            )
        if one.first_chunk + one.chunks != other.first_chunk:
            yield f"chunk numbers of ranges {one.number} and {other.number} do not follow each other"
    last = ranges[-1].byte_range
    if last.end_byte != ranges[-1].size_bytes:
        yield f"the last one ends at byte {last.end_byte:,} of {ranges[-1].size_bytes:,}"
    if ranges[0].byte_range.first_chunk != 1 or last.first_chunk + last.chunks - 1 != last.file_chunks:
        yield f"they do not hold chunks 1 to {last.file_chunks}"


def _range_faults(ranges: Sequence[StagedRange]) -> Iterator[str]:
    for part in ranges:
        name = f"range {part.byte_range.number}"
        yield from (f"{name}: {fault}" for fault in (*_byte_faults(part), *_count_faults(part)))


def _byte_faults(part: StagedRange) -> Iterator[str]:
    expected = part.byte_range
    if [chunk.number for chunk in part.chunks] != [
        expected.first_chunk + at for at in range(expected.chunks)
    ]:
        yield f"it does not hold {expected.chunks} chunks from {expected.first_chunk} on"
    if not part.chunks:
        yield "it holds no chunk"
    edges = [expected.start_byte, *(chunk.end_byte for chunk in part.chunks)]
    if [chunk.start_byte for chunk in part.chunks] != edges[:-1] or edges[-1] != expected.end_byte:
        yield "its chunks do not meet"
    if any(chunk.size_bytes <= 0 or not chunk.is_confirmed for chunk in part.chunks):
        yield "a chunk is empty or its upload not confirmed"


def _count_faults(part: StagedRange) -> Iterator[str]:
    told = (part.lines, part.staged_records, part.empty_records)
    counted = (
        sum(chunk.lines for chunk in part.chunks),
        sum(chunk.records for chunk in part.chunks),
        sum(chunk.empty_records for chunk in part.chunks),
    )
    if told != counted:
        yield f"lines, records and empty records are {told}, those of its chunks {counted}"
    if not all(_has_lines_of_its_records(chunk, part.byte_range.cutting.quote) for chunk in part.chunks):
        yield "a chunk's lines and records differ"
    first = _first_line(part)
    lines = accumulate((chunk.lines for chunk in part.chunks), initial=first)
    if any(chunk.first_line != line for chunk, line in zip(part.chunks, lines, strict=False)):
        yield f"the lines of its chunks do not follow each other from line {first} on"


def _has_lines_of_its_records(chunk: Chunk, quote: str | None) -> bool:
    ended = chunk.records + chunk.empty_records + chunk.rejected_records
    return chunk.lines >= ended if quote else chunk.lines == ended


def _first_line(part: StagedRange) -> int:
    """A header of several quoted lines is known to the first range only."""
    has_header = part.header_records and part.byte_range.number == 1
    return part.chunks[0].first_line if has_header and part.chunks else 1


def _joined(ranges: Sequence[StagedRange]) -> StagedFile:
    first = ranges[0]
    chunks = [chunk for part in ranges for chunk in part.chunks]
    staged = sum(part.staged_records for part in ranges)
    empty = sum(part.empty_records for part in ranges)
    rejected = sum(chunk.rejected_records for chunk in chunks)
    lines = accumulate((chunk.lines for chunk in chunks[:-1]), initial=first.chunks[0].first_line)
    return StagedFile(
        file=first.file,
        key=first.key,
        fingerprint=first.fingerprint,
        size_bytes=first.size_bytes,
        records=first.header_records + empty + rejected + staged,
        header_records=first.header_records,
        empty_records=empty,
        staged_records=staged,
        chunk_records=tuple(chunk.records for chunk in chunks),
        chunk_first_lines=tuple(lines),
        chunk_empty_records=empty_records_of(chunks),
        compressed_bytes=sum(chunk.compressed_bytes for chunk in chunks),
        chunks_reused=sum(part.chunks_reused for part in ranges),
        seconds=max(part.seconds for part in ranges),
        sha256=first.sha256,
        compression=first.compression,
        mask=first.mask,
        ranges=len(ranges),
        **left_out_counts(chunks),
    )
