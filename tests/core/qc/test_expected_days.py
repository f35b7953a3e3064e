from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfetl_provider.core.config.feed_sections import QcConfig
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.expected_days import day_ranges, expected_days

MAY = Month(2013, 5)


def _numbers(month: Month = MAY, **qc: Any) -> list[int]:
    return [day.day for day in expected_days(QcConfig.model_validate(qc), month)]


@pytest.mark.parametrize(("kind", "count"), [("all", 31), ("weekdays", 23), ("any", 0)])
def test_the_days_of_the_week_decide(kind: str, count: int) -> None:
    assert len(_numbers(Month(2013, 1), expected_days=kind)) == count


def test_business_days_leave_out_the_holidays_of_the_region() -> None:
    bavaria = _numbers(expected_days="business", calendar={"country": "DE", "region": "BY"})
    berlin = _numbers(expected_days="business", calendar={"country": "DE", "region": "BE"})
    weekdays = _numbers(expected_days="weekdays")

    assert sorted(set(weekdays) - set(bavaria)) == [1, 9, 20, 30]
    assert sorted(set(weekdays) - set(berlin)) == [1, 9, 20]


def test_own_days_go_before_everything_else() -> None:
    calendar = {
        "country": "DE",
        "region": "BY",
        "closed": ["05-02", "2013-05-03", "2012-05-06"],
        "open": ["05-01"],
    }
    days = _numbers(expected_days="business", calendar=calendar)

    assert days[:3] == [1, 6, 7]


def test_a_day_that_is_both_open_and_closed_is_open() -> None:
    assert 4 in _numbers(expected_days="weekdays", calendar={"closed": ["05-04"], "open": ["2013-05-04"]})


def test_a_leap_day_may_be_a_day_of_every_year() -> None:
    calendar = {"closed": ["02-29"]}

    assert len(_numbers(Month(2024, 2), calendar=calendar)) == 28
    assert len(_numbers(Month(2023, 2), calendar=calendar)) == 28


@given(st.sets(st.dates(date(2013, 1, 1), date(2013, 3, 31))))
def test_ranges_hold_exactly_the_days(days: set[date]) -> None:
    found: list[date] = []
    for text in day_ranges(sorted(days)):
        first, _, last = text.partition("–")
        start, end = date.fromisoformat(first), date.fromisoformat(last or first)
        found += [start + timedelta(days=offset) for offset in range((end - start).days + 1)]

    assert found == sorted(days)
