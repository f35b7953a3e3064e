"""Days of a table put into the months of a feed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import TypeVar

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import MonthError
from sfetl_provider.core.plan.fiscal_month import month_of
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.month_list import read_months

Found = TypeVar("Found")
FIRST_YEAR, LAST_YEAR = 1900, 2199
"""The years that a run may name months of; a date of another one is no month's."""


def present_months(config: FeedConfig, days: Iterable[date], recorded: Iterable[str]) -> tuple[Month, ...]:
    """Give the months in which days lie or which the ledger names, in order; those that the feed has."""
    names = {str(found) for day in days if (found := _month_of_day(config, day))}
    return tuple(found for name in sorted(names | set(recorded)) if (found := _known(config, name)))


def months_within(config: FeedConfig, first: date, last: date) -> tuple[Month, ...]:
    """Give the feed's months in which the days from one to another lie; raises MonthError for more than 240."""
    if config.date.fiscal_months is not None:
        named = (_known(config, name) for name in config.date.fiscal_months)
        return tuple(
            month for month in named if month and month.first_day <= last and month.next_first_day > first
        )
    return read_months(f"{first:%Y-%m}..{last:%Y-%m}", last)


def missing_between(months: Sequence[Month]) -> list[str]:
    """Write the months that lack between the first and the last as months and ranges of them."""
    found = []
    for before, after in pairwise(months):
        first, last = before.following(), after.previous()
        if first <= last:
            found.append(_as_range(first, last))
    return found


def _as_range(first: Month, last: Month) -> str:
    return str(first) if first == last else f"{first}..{last}"


def overdue_after(config: FeedConfig, last: Month, today: date) -> str:
    """Write the months after the last one that should be there by now, '' when there are none.

    A month has until the end of the next one to be delivered and loaded; `end_month` ends the feed.
    """
    due = Month(today.year, today.month).previous().previous()
    if config.end_month is not None:
        due = min(due, Month.of_text(config.end_month))
    return _as_range(last.following(), due) if last < due else ""


def split_by_month(
    found: Mapping[date, Found], months: Sequence[Month]
) -> tuple[dict[str, dict[date, Found]], dict[date, Found]]:
    """Give what was found by month and day, and what was found of days in none of the months."""
    month_of_day = {day: str(month) for month in months for day in month.days()}
    inside: dict[str, dict[date, Found]] = {str(month): {} for month in months}
    for day, one in found.items():
        if day in month_of_day:
            inside[month_of_day[day]][day] = one
    return inside, {day: one for day, one in found.items() if day not in month_of_day}


def _month_of_day(config: FeedConfig, day: date) -> Month | None:
    if config.date.fiscal_months is None:
        return Month(day.year, day.month) if FIRST_YEAR <= day.year <= LAST_YEAR else None
    begun = [name for name, first in config.date.fiscal_months.items() if first <= day]
    return Month.of_text(begun[-1]) if begun else None


def _known(config: FeedConfig, name: str) -> Month | None:
    try:
        return month_of(config, Month.of_text(name))
    except MonthError:
        return None
