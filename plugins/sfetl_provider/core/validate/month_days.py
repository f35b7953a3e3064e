"""Days of a table put into the months of a feed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import MonthError
from sfetl_provider.core.plan.fiscal_month import month_of
from sfetl_provider.core.plan.month import Month

FIRST_YEAR, LAST_YEAR = 1900, 2199
"""The years that a run may name months of; a date of another one is no month's."""


def present_months(config: FeedConfig, days: Iterable[date], recorded: Iterable[str]) -> tuple[Month, ...]:
    """Give the months in which days lie or which the ledger names, in order; those that the feed has."""
    names = {str(found) for day in days if (found := _month_of_day(config, day))}
    return tuple(found for name in sorted(names | set(recorded)) if (found := _known(config, name)))


def missing_between(months: Sequence[Month]) -> list[str]:
    """Write the months that lack between the first and the last as months and ranges of them."""
    found = []
    for before, after in pairwise(months):
        first, last = before.following(), after.previous()
        if first <= last:
            found.append(str(first) if first == last else f"{first}..{last}")
    return found


def split_by_month(
    rows: Mapping[date, int], months: Sequence[Month]
) -> tuple[dict[str, dict[date, int]], dict[date, int]]:
    """Give the rows by month and day, and those of days in none of the months."""
    month_of_day = {day: str(month) for month in months for day in month.days()}
    inside: dict[str, dict[date, int]] = {str(month): {} for month in months}
    for day, count in rows.items():
        if day in month_of_day:
            inside[month_of_day[day]][day] = count
    return inside, {day: count for day, count in rows.items() if day not in month_of_day}


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
