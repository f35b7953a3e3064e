"""A few kills of each storm; many by `make storm`."""

from __future__ import annotations

from pathlib import Path

from tests.system.load_storm import load_storm
from tests.system.staging_storm import staging_storm

KILLS = 3
SEED = 7


def test_a_staging_that_is_killed_at_random_moments_completes_exactly(tmp_path: Path) -> None:
    with staging_storm(tmp_path, KILLS, SEED) as blowing:
        blowing.blow(KILLS)

    assert set(blowing.deaths) == {"put", "after bytes", "staged"}


def test_a_load_that_is_killed_is_published_once(tmp_path: Path) -> None:
    with load_storm(tmp_path, SEED) as blowing:
        blowing.blow(KILLS)

    assert blowing.deaths.total() == KILLS


def test_a_drop_and_a_restore_that_are_killed_are_done_once(tmp_path: Path) -> None:
    with load_storm(tmp_path, SEED, with_drop=True) as blowing:
        blowing.blow(KILLS)

    assert blowing.deaths.total() == KILLS
