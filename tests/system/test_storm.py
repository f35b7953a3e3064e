"""A few kills of the storm; many by `make storm`."""

from __future__ import annotations

from pathlib import Path

from tests.system.storm import storm

KILLS = 3
SEED = 7


def test_a_staging_that_is_killed_at_random_moments_completes_exactly(tmp_path: Path) -> None:
    with storm(tmp_path, KILLS, SEED) as blowing:
        blowing.blow(KILLS)

    assert {moment.kind for moment in blowing.moments} == {"put", "after bytes", "staged"}
