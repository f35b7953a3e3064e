from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfetl_provider.core.stage.level import LADDER, Backlog, Climb, LevelChooser, decide

WAITING = Backlog(waiting_chunks=1, idle_uploads=0)
STARVING = Backlog(waiting_chunks=0, idle_uploads=1)
BALANCED = Backlog(waiting_chunks=0, idle_uploads=0)
BACKLOGS = st.sampled_from([WAITING, STARVING, BALANCED])
HISTORIES = st.lists(BACKLOGS, max_size=60)


def after(history: list[Backlog], climb: Climb | None = None) -> Climb:
    climb = climb or Climb()
    for backlog in history:
        climb = decide(climb, backlog)
    return climb


def test_it_begins_lightly() -> None:
    assert decide(Climb(), STARVING).level({}) == 1


def test_a_step_up_takes_two_decisions_in_a_row() -> None:
    assert [after([WAITING] * count).level({}) for count in (1, 2, 3, 4, 8, 50)] == [1, 3, 3, 6, 12, 12]
    assert after([WAITING, BALANCED, WAITING]).level({}) == 1


def test_after_a_fall_it_climbs_with_twice_the_patience() -> None:
    fallen = after([WAITING] * 4 + [STARVING])

    assert fallen.level({}) == 3
    assert [after([WAITING] * count, fallen).level({}) for count in (3, 4)] == [3, 6]


def test_one_fall_of_several_steps_doubles_patience_once() -> None:
    assert after([WAITING] * 8 + [STARVING] * 4).patience == 4
    assert after([WAITING] * 4 + [STARVING, BALANCED, STARVING]).patience == 8


def test_a_level_that_takes_longer_than_uploads_do_is_left_even_if_none_is_idle() -> None:
    hard = after([WAITING] * 8)

    assert [decide(hard, Backlog(0, 0, headroom)).level({}) for headroom in (12.0, 11.0)] == [12, 9]


@pytest.mark.parametrize(("headroom", "level"), [(0.0, 1), (1.5, 1), (1.7, 3), (6.0, 9), (13.0, 12)])
def test_it_climbs_no_higher_than_there_is_headroom(headroom: float, level: int) -> None:
    assert after([Backlog(2, 0, headroom)] * 50).level({}) == level


@pytest.mark.parametrize(
    ("affordable", "level"), [(1.0, 1), (1.5, 1), (1.7, 3), (5.0, 6), (6.0, 9), (13.0, 12)]
)
def test_it_climbs_no_higher_than_the_cores_can_afford(affordable: float, level: int) -> None:
    headroom = max(5.0, affordable)

    assert after([Backlog(2, 0, headroom, affordable)] * 50).level({}) == level


@pytest.mark.parametrize(("headroom", "level"), [(5.0, 1), (8.5, 3), (20.0, 6), (28.0, 9), (62.0, 12)])
def test_what_takes_a_fifth_of_the_uploads_time_is_done_on_busy_cores_too(
    headroom: float, level: int
) -> None:
    assert after([Backlog(2, 0, headroom, 1.0)] * 50).level({}) == level


def test_busy_cores_alone_are_no_reason_to_fall() -> None:
    assert after([Backlog(1, 0, 12.0, affordable=1.0)] * 9, after([WAITING] * 4)).level({}) == 6


@settings(deadline=None)
@given(HISTORIES)
def test_an_idle_link_brings_the_lightest_level_within_four_chunks(history: list[Backlog]) -> None:
    assert after([*history, *[STARVING] * (len(LADDER) - 1)]).level({}) == LADDER[0]


@settings(deadline=None)
@given(HISTORIES, BACKLOGS)
def test_it_moves_by_one_step_and_only_in_the_direction_that_helps(
    history: list[Backlog], backlog: Backlog
) -> None:
    before = after(history)
    step = decide(before, backlog).rung - before.rung

    assert step in {WAITING: (0, 1), BALANCED: (0,), STARVING: (-1,) if before.rung else (0,)}[backlog]


@settings(deadline=None)
@given(HISTORIES)
def test_patience_only_grows_and_a_step_up_has_waited_for_it(history: list[Backlog]) -> None:
    climb, waited = Climb(), 0
    for backlog in history:
        before, climb = climb, decide(climb, backlog)
        waited = waited + 1 if backlog == WAITING else 0
        assert before.patience <= climb.patience <= 32
        assert climb.rung <= before.rung or waited >= before.patience


@settings(deadline=None)
@given(st.lists(BACKLOGS, min_size=200, max_size=200))
def test_it_never_swings_for_ever(history: list[Backlog]) -> None:
    climb, falls = Climb(), 0
    for backlog in history:
        before, climb = climb, decide(climb, backlog)
        falls += climb.is_falling and not before.is_falling
    # Each step up is paid with patience: 2, 4, 8, 16, then 32 chunks; one fall needs at least one step up.
    assert falls <= 4 + 200 // 32 + 1


# Seconds for a chunk of 400 MB of text on one core, and the megabytes that are left (each measured once).
Costs = dict[int, tuple[float, float]]
FLIGHTS: Costs = {1: (3.1, 105.5), 3: (5.1, 95.9), 6: (9.8, 86.4), 9: (17.0, 79.2), 12: (38.0, 75.0)}
RANDOM_SALES: Costs = {1: (0.8, 117.6), 3: (2.4, 124.5), 6: (7.0, 119.5), 9: (15.4, 115.8), 12: (31.0, 113.3)}


@dataclass
class Link:
    """A pipeline of two compressors, a queue of two and two uploads in time that is counted, not waited for."""

    bytes_per_second: float
    costs: Costs = field(default_factory=lambda: FLIGHTS)

    def seconds(self, chunks: int, levels: list[int], fixed: int | None = None) -> float:
        """Stage so many chunks and give the time; `levels` gets each chunk's level."""
        now, climb, begun, arrived = 0.0, Climb(), 0, 0
        making: list[tuple[float, int]] = []
        waiting: list[int] = []
        ratios: dict[int, float] = {}
        sending: list[tuple[float, float]] = []  # megabytes that are left, and when it began
        uploaded: deque[float] = deque(maxlen=4)
        made: deque[tuple[int, float]] = deque(maxlen=4)
        costs: dict[int, float] = {}
        while arrived < chunks:
            while waiting and len(sending) < 2:
                sending.append((self.costs[waiting.pop(0)][1], now))
            while begun < chunks and len(making) < 2 and len(making) + len(waiting) < 4:
                light = max((seconds / costs[level] for level, seconds in made), default=1.0)
                headroom = min(uploaded, default=0.0) / light
                backlog = Backlog(
                    len(waiting) if uploaded else 0, 2 - len(sending), headroom, ratios=ratios, costs=costs
                )
                climb = decide(climb, backlog)
                level = fixed or climb.level(ratios)
                levels.append(level)
                heapq.heappush(making, (now + self.costs[level][0], level))
                begun += 1
            rate = self.bytes_per_second / 1e6 / max(1, len(sending))
            ends = [left / rate for left, _ in sending] + [end - now for end, _ in making[:1]]
            step = max(min(ends), 1e-9)
            now += step
            sending = [(left - rate * step, began) for left, began in sending]
            uploaded.extend(now - began for left, began in sending if left <= 1e-6)
            arrived += sum(left <= 1e-6 for left, _ in sending)
            sending = [(left, began) for left, began in sending if left > 1e-6]
            while making and making[0][0] <= now + 1e-9:
                level = heapq.heappop(making)[1]
                made.append((level, self.costs[level][0]))
                costs[level] = self.costs[level][0] / self.costs[1][0]
                ratios[level] = 400 / self.costs[level][1]
                waiting.append(level)
        return now


@pytest.mark.parametrize("costs", [FLIGHTS, RANDOM_SALES])
@pytest.mark.parametrize("megabytes_per_second", [1, 2, 5, 10, 20, 30, 50, 70, 100, 1000])
def test_it_is_about_as_fast_as_the_best_fixed_level_on_every_link(
    megabytes_per_second: float, costs: Costs
) -> None:
    link = Link(megabytes_per_second * 1e6, costs)
    fixed = {level: link.seconds(200, [], level) for level in LADDER}

    assert link.seconds(200, []) <= 1.05 * min(fixed.values()), fixed


def test_levels_that_make_chunks_no_smaller_are_tried_once_and_passed_over() -> None:
    levels = list[int]()
    Link(1e6, RANDOM_SALES).seconds(100, levels)

    assert (levels.count(12) > 60, levels.count(3) < 10, levels.count(6) < 10) == (True, True, True), levels


def test_it_is_light_on_a_fast_link_and_hard_on_a_slow_one() -> None:
    fast, slow = list[int](), list[int]()
    Link(1e9).seconds(100, fast)
    Link(1e6).seconds(100, slow)

    assert set(fast) == {1}
    assert slow.count(12) > 80


def test_a_fixed_level_stays_and_says_nothing() -> None:
    reports: list[str] = []
    chooser = LevelChooser(7, reports.append)

    assert {chooser.choose(backlog) for backlog in (WAITING, WAITING, STARVING)} == {7}
    assert reports == []


def test_a_change_is_told_with_its_reason() -> None:
    reports: list[str] = []
    chooser = LevelChooser("auto", reports.append)

    assert [chooser.choose(backlog) for backlog in (WAITING, WAITING, STARVING)] == [1, 3, 1]
    assert reports == [
        "chunks are compressed at level 3 from now on, as chunks wait for the link",
        "chunks are compressed at level 1 from now on, as the link waits for chunks",
    ]


def test_a_level_that_does_not_pay_is_left_with_its_reason() -> None:
    reports: list[str] = []
    chooser = LevelChooser("auto", reports.append)
    tried = Backlog(waiting_chunks=0, idle_uploads=0, ratios={1: 3.4, 3: 3.2})

    assert [chooser.choose(backlog) for backlog in (WAITING, WAITING, tried)] == [1, 3, 1]
    assert reports[-1] == "chunks are compressed at level 1 from now on, as harder work made them no smaller"
