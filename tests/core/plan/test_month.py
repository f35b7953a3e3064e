"""Months, and how a run names its month."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfetl_provider.core.errors import MonthError
from sfetl_provider.core.plan.month import Month, choose_month

TODAY = date(2024, 1, 15)


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("2024-03", Month(2024, 3)),
        ("202403", Month(2024, 3)),
        ("032024", Month(2024, 3)),
        ("201912", Month(2019, 12)),
        ("122019", Month(2019, 12)),
        (" Current ", Month(2024, 1)),
        ("last", Month(2023, 12)),
    ],
)
def test_parse(text: str, month: Month) -> None:
    assert Month.parse(text, TODAY) == month


@pytest.mark.parametrize("text", ["", "2024-13", "2024-1", "202413", "192024", "March", "2024-03-01", "0324"])
def test_parse_refuses(text: str) -> None:
    with pytest.raises(MonthError, match="Give it as 2024-01"):
        Month.parse(text, TODAY)


@given(st.integers(1900, 2199), st.integers(1, 12))
def test_the_days_fill_the_month_exactly(year: int, number: int) -> None:
    month = Month(year, number)
    days = month.days()

    assert days[0] == month.first_day
    assert (month.next_first_day - days[-1]).days == 1
    assert {(day.year, day.month) for day in days} == {(year, number)}
    assert Month.parse(str(month), TODAY) == month
    assert Month(month.next_first_day.year, month.next_first_day.month).previous() == month


def test_choose_month_prefers_the_parameter_then_the_partition_then_the_interval() -> None:
    assert choose_month("2024-02", None, date(2020, 1, 1), TODAY) == Month(2024, 2)
    assert choose_month(None, "2024-02", date(2020, 1, 1), TODAY) == Month(2024, 2)
    assert choose_month("022024", "2024-02", None, TODAY) == Month(2024, 2)
    assert choose_month(None, None, date(2020, 1, 1), TODAY) == Month(2020, 1)


def test_choose_month_refuses_a_contradiction_and_nothing_at_all() -> None:
    with pytest.raises(MonthError, match="parameter says 2024-02, its partition key 2024-03"):
        choose_month("2024-02", "2024-03", None, TODAY)
    with pytest.raises(MonthError, match="names no month"):
        choose_month(None, None, None, TODAY)
