from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfetl_provider.core.qc.key_hashes import HashLimits, HashRuns

HASHES = st.lists(
    st.integers(0, 6) | st.integers(2**64 - 3, 2**64 - 1) | st.integers(0, 2**64 - 1), max_size=40
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(batches=st.lists(HASHES, max_size=6), run=st.integers(1, 9), merge=st.integers(1, 9))
def test_exactly_the_repeated_hashes_are_given_whatever_is_held_at_a_time(
    tmp_path: Path, batches: list[list[int]], run: int, merge: int
) -> None:
    with HashRuns(tmp_path / "hashes", HashLimits(run, merge)) as runs:
        for batch in batches:
            runs.add(np.array(batch, np.uint64))
        found = [int(value) for some in runs.repeated() for value in some]

    counts = Counter(value for batch in batches for value in batch)
    assert found == sorted(value for value, count in counts.items() if count > 1)


def test_a_hash_that_comes_very_often_takes_no_room(tmp_path: Path) -> None:
    with HashRuns(tmp_path / "hashes", HashLimits(run=1_000)) as runs:
        runs.add(np.full(100_000, 7, np.uint64))
        found = list(runs.repeated())

    assert [list(some) for some in found] == [[7]]
    assert (tmp_path / "hashes").stat().st_size == 100 * 2 * 8
