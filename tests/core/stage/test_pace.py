from __future__ import annotations

from pathlib import Path

import pytest

from sfetl_provider.core.stage.compress import ChunkFile
from sfetl_provider.core.stage.pace import Pace
from sfetl_provider.core.stage.split import ChunkRange


def chunk(level: int = 1, size_bytes: int = 1000) -> ChunkFile:
    return ChunkFile(Path("x"), ChunkRange(1, 0, size_bytes), size_bytes, 1, 1, 0, 1, "", level)


def test_nothing_is_known_before_both_sides_have_a_chunk() -> None:
    pace = Pace(2, 2)
    pace.add_made(chunk(), 1.0)

    assert (pace.headroom, pace.has_uploaded) == (0.0, False)


@pytest.mark.parametrize(
    ("workers", "upload_workers", "headroom"), [(1, 1, 6.0), (2, 1, 12.0), (1, 2, 3.0), (4, 4, 6.0)]
)
def test_headroom_is_the_ratio_of_both_sides_speeds(
    workers: int, upload_workers: int, headroom: float
) -> None:
    pace = Pace(workers, upload_workers)
    pace.add_made(chunk(), 1.0)
    pace.add_upload(chunk(), 6.0)

    assert pace.headroom == pytest.approx(headroom)
    assert pace.has_uploaded


@pytest.mark.parametrize(("level", "cost"), [(1, 1.0), (2, 1.0), (6, 3.1), (7, 3.1), (19, 12.2)])
def test_what_was_made_at_a_harder_level_counts_as_if_at_level_one(level: int, cost: float) -> None:
    pace = Pace(1, 1)
    pace.add_made(chunk(level), 1.0)
    pace.add_upload(chunk(), 2.0)

    assert pace.headroom == pytest.approx(2.0 * cost)


def test_the_slowest_made_and_the_fastest_uploaded_of_the_last_four_count() -> None:
    pace = Pace(1, 1)
    for seconds in (99.0, 1.0, 2.0, 1.0, 1.0):
        pace.add_made(chunk(), seconds)
    for seconds in (0.1, 8.0, 20.0, 8.0, 9.0):
        pace.add_upload(chunk(size_bytes=1000), seconds)

    assert pace.headroom == pytest.approx(4.0)


def test_the_last_chunk_of_each_level_tells_how_small_it_makes_them() -> None:
    pace = Pace(1, 1)
    for level, size_bytes in ((1, 2), (3, 5), (1, 4)):
        pace.add_made(chunk(level, size_bytes), 1.0)

    assert pace.ratios == {1: 4.0, 3: 5.0}


def test_what_a_level_really_took_counts_once_level_one_is_known() -> None:
    pace = Pace(1, 1)
    for level, seconds in ((1, 2.0), (1, 1.0), (3, 9.0), (3, 4.0)):
        pace.add_made(chunk(level), seconds)
    pace.add_upload(chunk(), 9.0)

    assert pace.costs == {1: 1.0, 3: 4.0}
    assert pace.headroom == pytest.approx(9.0 / 2.25)
