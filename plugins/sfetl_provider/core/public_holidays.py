"""Public holidays of countries and regions, from the library holidays.

The library is imported when a feed asks for it: that costs a sixth of a second, and each country's rules more.
Source: holidays.readthedocs.io.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal


class PlaceError(ValueError):
    """A place without known holidays; `field` says whether the country or the region is at fault."""

    def __init__(self, field: Literal["country", "region"], message: str) -> None:
        super().__init__(message)
        self.field = field


def check_place(country: str, region: str | None) -> None:
    """Raise PlaceError, with what there is, when the library does not know the country or the region."""
    try:
        from holidays import list_supported_countries
    except ImportError:
        raise PlaceError("country", "the library holidays is not installed: business days need it") from None
    known = list_supported_countries(include_aliases=False)
    if country not in known:
        raise PlaceError("country", f"{country!r} is not a country with known holidays: use its code, as DE")
    if region is not None and region not in known[country]:
        regions = ", ".join(known[country]) or "none"
        raise PlaceError("region", f"{region!r} is not a region of {country}: there are {regions}")


def working_days(country: str, region: str | None, days: Iterable[date]) -> list[date]:
    """Give the days on which is worked there: no public holiday, not the weekend that the country keeps.

    Raises PlaceError for a place that is not known.
    """
    check_place(country, region)
    from holidays import country_holidays

    calendar = country_holidays(country, subdiv=region)
    return [day for day in days if calendar.is_working_day(day)]
