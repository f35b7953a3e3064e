from __future__ import annotations

import pytest

from sfetl_provider.core.stage.checkpoints import (
    PAGE_CHUNKS,
    RecordedSource,
    StagingCheckpoints,
    StagingIdentity,
)
from sfetl_provider.core.stage.staged_file import Chunk
from tests.core.fakes import InMemoryCheckpoints

SOURCE = RecordedSource(
    identity=StagingIdentity(
        fingerprint="f" * 64,
        stage_folder='@"D"."SFETL"."CHUNKS"/flights/',
        chunk_bytes=1,
        compression="zstd",
        header=False,
        quote=None,
        left_out="",
    ),
    started_over_for="",
)


def _chunks(count: int) -> list[Chunk]:
    return [
        Chunk(
            number=number,
            start_byte=10**12 + number,
            end_byte=10**12 + number + 1,
            first_line=10**10 + number,
            lines=10**7,
            records=10**7,
            empty_records=0,
            compressed_bytes=10**8,
            compressed_sha256="0" * 64,
            zstd_level=19,
        )
        for number in range(1, count + 1)
    ]


def _recorded(count: int) -> tuple[InMemoryCheckpoints, StagingCheckpoints]:
    store = InMemoryCheckpoints()
    checkpoints = StagingCheckpoints(store)
    checkpoints.start(SOURCE)
    chunks = _chunks(count)
    for number in range(1, count + 1):
        checkpoints.save(chunks[:number], number)
    return store, checkpoints


@pytest.mark.parametrize("count", [0, 1, PAGE_CHUNKS - 1, PAGE_CHUNKS, PAGE_CHUNKS + 1, 3 * PAGE_CHUNKS])
def test_what_was_saved_is_read_again(count: int) -> None:
    store, _ = _recorded(count)

    again = StagingCheckpoints(store)

    assert again.chunks() == _chunks(count)
    assert again.source() == SOURCE


def test_a_page_of_the_longest_chunks_stays_far_below_the_limit() -> None:
    store, _ = _recorded(PAGE_CHUNKS)

    assert max(map(len, store.texts.values())) < 30_000


def test_starting_forgets_all_pages() -> None:
    store, checkpoints = _recorded(2 * PAGE_CHUNKS + 1)

    checkpoints.start(SOURCE)

    assert checkpoints.chunks() == []
    assert list(store.texts) == ["staging.source"]


def test_a_chunk_made_again_replaces_its_row_only() -> None:
    store, checkpoints = _recorded(PAGE_CHUNKS + 2)
    chunks = _chunks(PAGE_CHUNKS + 2)
    chunks[4] = chunks[4].model_copy(update={"compressed_bytes": 7})

    checkpoints.save(chunks, 5)

    assert StagingCheckpoints(store).chunks() == chunks


def test_a_chunk_that_is_known_before_its_page_was_written_is_not_left_out() -> None:
    store, checkpoints = _recorded(PAGE_CHUNKS - 2)
    chunks = _chunks(PAGE_CHUNKS + 1)

    checkpoints.save(chunks, PAGE_CHUNKS + 1)

    assert StagingCheckpoints(store).chunks() == chunks
