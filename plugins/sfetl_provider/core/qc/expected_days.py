"""Which days of a month must have rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from sfetl_provider.core.config.qc_model import CheckedDaysConfig
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.public_holidays import working_days

FRIDAY = 4


def expected_days(qc: CheckedDaysConfig, month: Month) -> list[date]:
    """Give the expected days in order, by `qc.expected_days` and `qc.calendar`; none for `any`.

    An open day is expected whatever else says; a closed one only when it is open too.
    """
    days, calendar = month.days(), qc.calendar
    if qc.expected_days == "any":
        return []
    expected = set(days)
    if qc.expected_days == "weekdays":
        expected = {day for day in days if day.weekday() <= FRIDAY}
    elif qc.expected_days == "business" and calendar.country is not None:
        expected = set(working_days(calendar.country, calendar.region, days))
    return [
        day
        for day in days
        if _is_in(day, calendar.open) or (day in expected and not _is_in(day, calendar.closed))
    ]


def day_ranges(days: Iterable[date]) -> list[str]:
    """Write days, given in order, as dates and as ranges of consecutive dates."""
    spans: list[list[date]] = []
    for day in days:
        if spans and day - spans[-1][-1] == timedelta(days=1):
            spans[-1].append(day)
        else:
            spans.append([day])
    return [str(span[0]) if len(span) == 1 else f"{span[0]}–{span[-1]}" for span in spans]


def _is_in(day: date, own_days: tuple[str, ...]) -> bool:
    # Writing a date costs a microsecond, and a validation of 60 months asks 50,000 times.
    return bool(own_days) and (f"{day:%Y-%m-%d}" in own_days or f"{day:%m-%d}" in own_days)
