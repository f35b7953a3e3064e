"""A month as a feed counts its days."""

from __future__ import annotations

from dataclasses import replace

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import MonthError
from sfetl_provider.core.plan.month import Month


def month_of(config: FeedConfig, month: Month) -> Month:
    """Give the month with the days that it has for the feed.

    Raises MonthError when the feed has fiscal months and not this one, or not the one after it.
    """
    found = month_or_calendar(config, month)
    if config.date.fiscal_months is not None and found.fiscal is None:
        raise MonthError(
            f"date.fiscal_months of {config.feed} does not say when {month} begins and ends.",
            safe="Nothing was done.",
            next_step=f"Name {month} and {month.following()} there with their first days.",
        )
    return found


def month_or_calendar(config: FeedConfig, month: Month) -> Month:
    """Give the month with the days that it has for the feed, or the calendar's where the feed names none."""
    months = config.date.fiscal_months or {}
    first, end = months.get(str(month)), months.get(str(month.following()))
    return month if first is None or end is None else replace(month, fiscal=(first, end))
