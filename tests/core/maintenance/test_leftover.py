"""Which leftovers are due."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from sfetl_provider.core.maintenance.leftover import Leftover, Retention, decide, render_decisions

NOW = datetime(2024, 3, 20, 12, tzinfo=UTC)
RETENTION = Retention(ended_days=7, unknown_days=30)


def leftover(days: float, **fields: Any) -> Leftover:
    values = {"kind": "chunks", "place": "@s/sales/2024-01/0123456789ab/", "database": "DB", "feed": "sales"}
    newest = NOW - timedelta(days=days)
    return Leftover.model_validate(
        {**values, "month": "2024-01", "run_key": "0123456789ab", "size_bytes": 1, "newest": newest, **fields}
    )


@pytest.mark.parametrize(("until", "is_due"), [(date(2024, 3, 20), False), (date(2024, 3, 19), True)])
def test_a_clone_stays_to_its_last_day_whoever_owns_it(until: date, is_due: bool) -> None:
    (decision,) = decide([leftover(400, until=until)], lambda _: "living", RETENTION, NOW)

    assert decision.is_due is is_due


@pytest.mark.parametrize(
    ("days", "state", "is_due", "reason"),
    [
        (6.9, "ended", False, "younger than 7 days"),
        (7, "ended", True, "7 days old, its run is ended"),
        (400, "living", False, "its run is not over"),
        (29, "unknown", False, "no report tells its run; kept 30 days"),
        (31, "unknown", True, "31 days old, its run is unknown"),
    ],
)
def test_age_and_owner_decide(days: float, state: Any, is_due: bool, reason: str) -> None:
    (decision,) = decide([leftover(days)], lambda _: state, RETENTION, NOW)

    assert (decision.is_due, decision.reason) == (is_due, reason)


@pytest.mark.parametrize(("days", "is_due"), [(89, False), (90, True)])
def test_rows_that_a_publication_left_out_stay_for_days_of_their_own(days: float, is_due: bool) -> None:
    (decision,) = decide([leftover(days, kind="rejected_rows")], lambda _: "living", RETENTION, NOW)

    assert decision.is_due is is_due


def test_the_owner_of_a_young_one_is_not_asked() -> None:
    asked: list[Leftover] = []

    decide([leftover(1)], lambda item: asked.append(item) or "ended", RETENTION, NOW)  # type: ignore[func-returns-value]

    assert asked == []


def test_the_list_begins_with_the_oldest_and_names_each() -> None:
    decisions = decide(
        [leftover(8, place="new"), leftover(9, place="old")], lambda _: "ended", RETENTION, NOW
    )

    lines = render_decisions(decisions).splitlines()

    assert [line.split()[2] for line in lines] == ["old", "new"]
    assert render_decisions([]) == "No run left anything."


@pytest.mark.parametrize(
    ("kind", "days", "state", "is_due"),
    [
        ("warehouse_size", 0, "living", False),
        ("warehouse_size", 0, "ended", True),
        ("rejects", 89, "ended", False),
        ("rejects", 90, "ended", True),
        ("report", 1094, "ended", False),
        ("report", 1095, "unknown", True),
        ("report", 1095, "living", False),
    ],
)
def test_each_kind_has_its_days(kind: str, days: float, state: Any, is_due: bool) -> None:
    (decision,) = decide([leftover(days, kind=kind)], lambda _: state, RETENTION, NOW)

    assert decision.is_due is is_due


def test_above_the_bound_the_oldest_on_disk_go_first_but_neither_reports_nor_what_a_living_run_owns() -> None:
    sizes = {"report": (6, 50), "mine": (5, 40), "old": (4, 30), "new": (3, 20), "chunks": (6, 500)}
    left = [
        leftover(days, place=place, kind=kind, size_bytes=size)
        for (place, (days, size)), kind in zip(
            sizes.items(), ("report", "scratch", "rejects", "scratch", "chunks"), strict=True
        )
    ]
    bounded = Retention(disk_bytes=120)

    decisions = decide(left, lambda item: "living" if item.place == "mine" else "ended", bounded, NOW)

    assert [item.leftover.place for item in decisions if item.is_due] == ["old"]
    assert not any(item.is_due for item in decide(left, lambda _: "ended", Retention(disk_bytes=140), NOW))
