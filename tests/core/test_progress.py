from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfetl_provider.core.events import Progress
from sfetl_provider.core.progress import (
    Estimate,
    Estimator,
    amount_text,
    duration_text,
    estimate_text,
    progress_record,
)
from tests.core.fakes import NOON


def event(done: int, total: int = 1000, unit: str = "bytes") -> Progress:
    return Progress("upload", "a.tsv", done, total, unit)


def estimated(*moments: tuple[float, int]) -> Estimate:
    estimator = Estimator()
    *_, last = (estimator.add(event(done), seconds) for seconds, done in moments)
    return last


def test_the_first_event_tells_no_rate() -> None:
    first = estimated((5.0, 400))

    assert (first.percent, first.per_second, first.left_seconds) == (40.0, None, None)


def test_what_was_done_before_does_not_count_as_speed() -> None:
    resumed = estimated((5.0, 400), (15.0, 500))

    assert (resumed.per_second, resumed.left_seconds) == (10.0, 50.0)


def test_the_rate_is_that_of_the_last_twenty_advances() -> None:
    slow = [(float(second), second) for second in range(30)]
    fast = [(30.0 + second, 30 + 10 * second) for second in range(1, 40)]

    assert estimated(*slow, *fast).per_second == 10.0


def test_a_standstill_makes_the_rate_fall_and_the_rest_grow() -> None:
    running = estimated((0.0, 0), (10.0, 500))
    standing = estimated((0.0, 0), (10.0, 500), (100.0, 500))

    assert (running.per_second, running.left_seconds) == (50.0, 10.0)
    assert (standing.per_second, standing.left_seconds) == (5.0, 100.0)


def test_nothing_is_left_at_the_end_and_of_nothing() -> None:
    assert estimated((0.0, 1000)).left_seconds == 0.0
    nothing = Estimator().add(event(0, 0), 1.0)
    assert (nothing.percent, nothing.left_seconds, nothing.is_complete) == (100.0, 0.0, True)


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 100), st.integers(0, 50)), min_size=1, max_size=100))
def test_estimates_are_never_negative_nor_endless(steps: list[tuple[float, int]]) -> None:
    estimator, seconds, done = Estimator(), 0.0, 0
    for passed, advance in steps:
        seconds, done = seconds + passed, done + advance
        estimate = estimator.add(event(done, 5000), seconds)
        assert estimate.per_second is None or estimate.per_second > 0
        assert estimate.left_seconds is None or estimate.left_seconds >= 0
        assert json.dumps(progress_record([estimate], NOON), allow_nan=False)


def test_the_text_says_what_is_known() -> None:
    assert estimate_text(Estimate(event(450, 10**9), None, None)) == "upload 0 % of 1.0 GB"
    assert (
        estimate_text(Estimate(event(999_999, 10**6), 2.5e6, 7400))
        == "upload 99 % of 1.0 MB, 2.5 MB/s, 2 h 3 min left"
    )
    assert (
        estimate_text(Estimate(event(1, 4, "rows"), 1500, 0.0001))
        == "upload 25 % of 4 rows, 1,500 rows/s, 0 s left"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_amounts() -> None:
    assert [amount_text(2_600_000_000, "bytes"), amount_text(5_000, "rows")] == ["2.6 GB", "5,000 rows"]
