from __future__ import annotations

import sys
from datetime import date

import pytest

from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.public_holidays import PlaceError, check_place, working_days


@pytest.mark.parametrize(
    ("country", "region", "free"),
    [
        ("DE", "BY", [1, 5, 6, 12, 13, 19, 20, 26, 27]),
        ("DE", "BE", [1, 5, 6, 12, 13, 19, 20, 26, 27]),
        ("EG", None, [4, 5, 7, 11, 12, 18, 19, 24, 25, 26]),
    ],
)
def test_weekends_and_holidays_of_a_place_are_free(country: str, region: str | None, free: list[int]) -> None:
    days = Month(2013, 1).days()

    working = working_days(country, region, days)

    assert sorted({day.day for day in days} - {day.day for day in working}) == free


def test_a_region_has_holidays_of_its_own() -> None:
    epiphany = [date(2014, 1, 6)]

    assert working_days("DE", "BY", epiphany) == []
    assert working_days("DE", "BE", epiphany) == epiphany
    assert working_days("DE", None, epiphany) == epiphany


@pytest.mark.parametrize(
    ("country", "region", "field", "message"),
    [
        ("XX", None, "country", "'XX' is not a country with known holidays: use its code, as DE"),
        ("Germany", None, "country", "'Germany' is not a country"),
        ("DE", "ZZ", "region", "'ZZ' is not a region of DE: there are BB, BE"),
        ("VA", "ZZ", "region", "'ZZ' is not a region of VA: there are none"),
    ],
)
def test_an_unknown_place_is_refused_with_what_there_is(
    country: str, region: str | None, field: str, message: str
) -> None:
    with pytest.raises(PlaceError) as caught:
        check_place(country, region)

    assert caught.value.field == field
    assert message in str(caught.value)


def test_without_the_library_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)

    with pytest.raises(PlaceError, match="the library holidays is not installed"):
        check_place("DE", None)
