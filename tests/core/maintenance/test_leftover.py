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
