from __future__ import annotations

from math import inf
from pathlib import Path
from time import perf_counter

import psutil
import pytest

from sfetl_provider.core.stage.compress import ChunkFile
from sfetl_provider.core.stage.pace import Effort, Pace, idle_core_seconds
from sfetl_provider.core.stage.split import ChunkRange


def chunk(level: int = 1, size_bytes: int = 1000) -> ChunkFile:
    return ChunkFile(Path("x"), ChunkRange(1, 0, size_bytes), size_bytes, 1, 1, 0, 1, "", level)


def took(seconds: float) -> Effort:
    return Effort(seconds, seconds)


def test_nothing_is_known_before_both_sides_have_a_chunk() -> None:
    pace = Pace(2, 2)
    pace.add_made(chunk(), took(1.0))

    assert (pace.headroom, pace.has_uploaded) == (0.0, False)


@pytest.mark.parametrize(
    ("workers", "upload_workers", "headroom"), [(1, 1, 6.0), (2, 1, 12.0), (1, 2, 3.0), (4, 4, 6.0)]
)
def test_headroom_is_the_ratio_of_both_sides_speeds(
    workers: int, upload_workers: int, headroom: float
) -> None:
    pace = Pace(workers, upload_workers)
    pace.add_made(chunk(), took(1.0))
    pace.add_upload(chunk(), 6.0)

    assert pace.headroom == pytest.approx(headroom)
    assert pace.has_uploaded


@pytest.mark.parametrize(("level", "cost"), [(1, 1.0), (2, 1.0), (6, 3.1), (7, 3.1), (19, 12.2)])
def test_what_was_made_at_a_harder_level_counts_as_if_at_level_one(level: int, cost: float) -> None:
    pace = Pace(1, 1)
    pace.add_made(chunk(level), took(1.0))
    pace.add_upload(chunk(), 2.0)

    assert pace.headroom == pytest.approx(2.0 * cost)


def test_the_slowest_made_and_the_fastest_uploaded_of_the_last_four_count() -> None:
    pace = Pace(1, 1)
    for seconds in (99.0, 1.0, 2.0, 1.0, 1.0):
        pace.add_made(chunk(), took(seconds))
    for seconds in (0.1, 8.0, 20.0, 8.0, 9.0):
        pace.add_upload(chunk(size_bytes=1000), seconds)

    assert pace.headroom == pytest.approx(4.0)


def test_the_last_chunk_of_each_level_tells_how_small_it_makes_them() -> None:
    pace = Pace(1, 1)
    for level, size_bytes in ((1, 2), (3, 5), (1, 4)):
        pace.add_made(chunk(level, size_bytes), took(1.0))

    assert pace.ratios == {1: 4.0, 3: 5.0}


def test_what_a_level_really_took_counts_once_level_one_is_known() -> None:
    pace = Pace(1, 1)
    for level, seconds in ((1, 2.0), (1, 1.0), (3, 9.0), (3, 4.0)):
        pace.add_made(chunk(level), took(seconds))
    pace.add_upload(chunk(), 9.0)

    assert pace.costs == {1: 1.0, 3: 4.0}
    assert pace.headroom == pytest.approx(9.0 / 2.25)


def working(level: int = 1, idle_cores: float = 0.5) -> Pace:
    """Text arrives at 4000 bytes a second, for which level 1 takes a core's quarter."""
    pace = Pace(2, 4)
    cost = {1: 1.0, 3: 2.0, 6: 4.0}
    for made in (1, level, level, level, level):
        pace.add_made(chunk(made, 16_000), Effort(3.0 * cost[made], cost[made]))
    pace.add_upload(chunk(level, 16_000), 16.0)
    for seconds in range(5):
        pace.add_idle(100.0 + seconds, 7.0 + seconds * idle_cores)
    return pace


def test_all_is_affordable_until_it_is_known_how_busy_the_cores_are() -> None:
    pace = Pace(1, 1)
    pace.add_idle(0.0, 0.0)
    pace.add_idle(1.0, 0.0)
    known = [pace.affordable]
    pace.add_made(chunk(), took(1.0))
    known.append(pace.affordable)
    pace.add_upload(chunk(), 1.0)

    assert ([*known, pace.affordable]) == [inf, inf, 1.0]


@pytest.mark.parametrize(("level", "affordable"), [(1, 1.0), (3, 2.0), (6, 4.0)])
def test_busy_cores_afford_what_is_done_and_no_more(level: int, affordable: float) -> None:
    assert working(level, 0.0).affordable == pytest.approx(affordable)


@pytest.mark.parametrize(("level", "affordable"), [(1, 2.6), (3, 3.6)])
def test_four_fifths_of_the_idle_time_may_become_harder_work(level: int, affordable: float) -> None:
    assert working(level).affordable == pytest.approx(affordable)


def test_idle_time_of_long_ago_is_forgotten() -> None:
    pace = working(1, 9.0)
    for seconds in range(5):
        pace.add_idle(200.0 + seconds, 1000.0)

    assert pace.affordable == pytest.approx(1.0)


def test_the_idle_time_of_this_machine_grows_no_faster_than_it_has_cores() -> None:
    began, idle = perf_counter(), idle_core_seconds()
    while perf_counter() - began < 0.05:
        pass
    more = idle_core_seconds() - idle

    assert 0.0 <= more <= psutil.cpu_count() * (perf_counter() - began + 0.05)
