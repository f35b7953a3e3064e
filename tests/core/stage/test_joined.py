"""Ranges are joined to their file only when nothing is missing, doubled or counted otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from sfetl_provider.core.errors import ReconciliationError
from sfetl_provider.core.plan.month_plan import ByteRange, Cutting
from sfetl_provider.core.stage.joined import join_ranges, staged_files
from sfetl_provider.core.stage.staged_file import Chunk, StagedFile, StagedRange
from tests.core.load_samples import sample_staged_file

CUTTING = Cutting(fingerprint="f1", chunk_bytes=100, header=True, quote=None)


def chunk(number: int, first_line: int, **changes: Any) -> Chunk:
    """A chunk of 100 bytes, 10 lines, one of them empty; the first begins after a header of 20 bytes."""
    counts = {"lines": 10, "records": 9, "empty_records": 1}
    place = {"start_byte": 100 * (number - 1) + 20, "end_byte": 100 * number + 20}
    stored = {"compressed_bytes": 40, "compressed_sha256": "00", "zstd_level": 1}
    return Chunk.model_validate(
        {"number": number, "first_line": first_line, **counts, **place, **stored, **changes}
    )


def byte_range(number: int, **changes: Any) -> ByteRange:
    bounds = {1: (20, 220, 1, 2), 2: (220, 420, 3, 2), 3: (420, 520, 5, 1)}[number]
    names = ("start_byte", "end_byte", "first_chunk", "chunks")
    place = dict(zip(names, bounds, strict=True))
    return ByteRange.model_validate(
        {"number": number, "of": 3, "file_chunks": 5, "cutting": CUTTING, **place, **changes}
    )


def part(number: int, **changes: Any) -> StagedRange:
    """Ranges of two, two and one chunks."""
    part = byte_range(number)
    first_line = 3 if number == 1 else 1
    chunks = tuple(chunk(part.first_chunk + at, first_line + 10 * at) for at in range(part.chunks))
    values = {
        "file": "sales.tsv",
        "key": "sales.tsv-1",
        "fingerprint": "f1",
        "size_bytes": 520,
        "byte_range": part,
        "header_records": int(number == 1),
        "lines": 10 * part.chunks,
        "empty_records": part.chunks,
        "compression": "zstd",
        "staged_records": 9 * part.chunks,
        "chunks": chunks,
        "chunks_reused": 1,
        "seconds": float(number),
    }
    return StagedRange.model_validate({**values, **changes})


def test_ranges_become_their_file_with_its_line_numbers() -> None:
    assert join_ranges([part(1), part(2), part(3)]) == StagedFile(
        file="sales.tsv",
        key="sales.tsv-1",
        fingerprint="f1",
        size_bytes=520,
        records=51,
        header_records=1,
        empty_records=5,
        staged_records=45,
        chunk_records=(9,) * 5,
        chunk_first_lines=(3, 13, 23, 33, 43),
        chunk_empty_records=(1,) * 5,
        compressed_bytes=200,
        chunks_reused=3,
        seconds=3.0,
        ranges=3,
        sha256="",
        compression="zstd",
    )


def test_results_of_tasks_become_files_in_their_order() -> None:
    whole = sample_staged_file()
    results = [whole, part(1), part(2), part(3), whole.model_copy(update={"file": "z.tsv", "key": "z-1"})]

    files = staged_files(result.to_json() for result in results)

    assert [(file.file, file.ranges) for file in files] == [
        ("flights_2013-01.tsv", 1),
        ("sales.tsv", 3),
        ("z.tsv", 1),
    ]
    assert files[0] == whole


@pytest.mark.parametrize(
    "results",
    [
        [sample_staged_file(), sample_staged_file()],
        [part(1), part(2), part(3), sample_staged_file(name="sales.tsv")],
    ],
)
def test_a_file_that_was_staged_twice_is_refused(results: list[StagedFile | StagedRange]) -> None:
    with pytest.raises(ReconciliationError, match=r"\.tsv was staged more than once\."):
        staged_files(result.to_json() for result in results)


def cut(**changes: Any) -> ByteRange:
    return byte_range(2, cutting=CUTTING.model_copy(update=changes))


def chunks(**changes: Any) -> tuple[Chunk, ...]:
    """The chunks of range 2, the second one changed."""
    return chunk(3, 1), chunk(4, 11).model_copy(update=changes)


@pytest.mark.parametrize(
    ("ranges", "fault"),
    [
        ([part(1), part(2)], "there are ranges 1, 2 of 3"),
        ([part(1), part(3), part(2)], "there are ranges 1, 3, 2 of 3"),
        ([part(1), part(2), part(2), part(3)], "there are ranges 1, 2, 2, 3 of 3"),
        ([part(1), part(2, size_bytes=521), part(3)], "not of the same content"),
        ([part(1), part(2, fingerprint="f2"), part(3)], "not of the same content"),
        ([part(1), part(2, compression="gzip"), part(3)], "not compressed alike"),
        ([part(1), part(2, byte_range=cut(fingerprint="f2")), part(3)], "not divided at the same time"),
        ([part(1), part(2, byte_range=cut(quote='"')), part(3)], "not divided at the same time"),
        ([part(1), part(2, byte_range=byte_range(2, of=4)), part(3)], "not divided at the same time"),
        (
            [part(1), part(2, byte_range=byte_range(2, start_byte=221)), part(3)],
            "range 1 ends at byte 220, range 2 begins at 221; range 2: its chunks do not meet",
        ),
        (
            [part(1), part(2), part(3, byte_range=byte_range(3, end_byte=500))],
            "the last one ends at byte 500 of 520; range 3: its chunks do not meet",
        ),
        (
            [part(1), part(2, byte_range=byte_range(2, chunks=1)), part(3)],
            "chunk numbers of ranges 2 and 3 do not follow each other; "
            "range 2: it does not hold 1 chunks from 3 on",
        ),
        (
            [part(1), part(2), part(3, byte_range=byte_range(3, file_chunks=6))],
            "they do not hold chunks 1 to 6",
        ),
        (
            [part(1), part(2, chunks=()), part(3)],
            "range 2: it does not hold 2 chunks from 3 on; range 2: it holds no chunk",
        ),
        (
            [part(1, chunks=()), part(2), part(3)],
            "range 1: it does not hold 2 chunks from 1 on; range 1: it holds no chunk",
        ),
        ([part(1), part(2, chunks=chunks(start_byte=319)), part(3)], "range 2: its chunks do not meet"),
        (
            [part(1), part(2, chunks=chunks(compressed_bytes=0)), part(3)],
            "range 2: a chunk is empty or its upload not confirmed",
        ),
        (
            [part(1), part(2, staged_records=17), part(3)],
            "range 2: lines, records and empty records are (20, 17, 2), those of its chunks (20, 18, 2)",
        ),
        (
            [part(1), part(2, lines=21, chunks=chunks(lines=11)), part(3)],
            "range 2: a chunk's lines and records differ",
        ),
        (
            [part(1), part(2, chunks=chunks(first_line=12)), part(3)],
            "range 2: the lines of its chunks do not follow each other from line 1 on",
        ),
        (
            [part(1, header_records=0), part(2), part(3)],
            "range 1: the lines of its chunks do not follow each other from line 1 on",
        ),
    ],
)
def test_ranges_that_do_not_make_up_their_file_are_refused(ranges: list[StagedRange], fault: str) -> None:
    with pytest.raises(ReconciliationError) as caught:
        join_ranges(ranges)

    assert caught.value.what.startswith("The ranges of sales.tsv do not make up the file: ")
    assert fault in caught.value.what
    assert "clear wait_for_files with its downstream tasks" in caught.value.next_step


def test_quoted_records_may_hold_lines_but_not_the_other_way_round() -> None:
    quoted = CUTTING.model_copy(update={"quote": '"'})
    parts = [part(n, byte_range=byte_range(n, cutting=quoted)) for n in (1, 2, 3)]
    more_lines = parts[1].model_copy(update={"lines": 22, "chunks": chunks(lines=12)})
    fewer = parts[1].model_copy(update={"lines": 19, "chunks": chunks(lines=9)})

    assert join_ranges([parts[0], more_lines, parts[2]]).chunk_first_lines == (3, 13, 23, 33, 45)
    with pytest.raises(ReconciliationError, match="a chunk's lines and records differ"):
        join_ranges([parts[0], fewer, parts[2]])
