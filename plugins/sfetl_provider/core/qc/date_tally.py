"""Counting rows by date in bounded memory, however many dates lie outside the month."""

from __future__ import annotations

import heapq
from datetime import date

from sfetl_provider.core.counted import counted
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.report import DateCounts

OUTSIDE_LIMIT = 100


class DateTally:
    """Takes each date once, with its rows, and keeps: all dates of the month, and of others the most frequent."""

    def __init__(self, month: Month) -> None:
        self._month = month
        self._inside: dict[date, int] = {}
        self._undated = self._outside = self._outside_days = 0
        self._first: date | None = None
        self._last: date | None = None
        self._most: list[tuple[int, int]] = []

    def add(self, day: date | None, rows: int) -> None:
        """Count the rows of a date; None for those without one."""
        if day is None:
            self._undated += rows
        elif self._month.first_day <= day < self._month.next_first_day:
            self._inside[day] = rows
        else:
            self._add_outside(day, rows)

    def _add_outside(self, day: date, rows: int) -> None:
        self._outside += rows
        self._outside_days += 1
        self._first = min(self._first or day, day)
        self._last = max(self._last or day, day)
        # Of equally frequent dates the earlier ones stay.
        push = heapq.heappush if len(self._most) < OUTSIDE_LIMIT else heapq.heappushpop
        push(self._most, (rows, -day.toordinal()))

    def counts(self) -> DateCounts:
        """Give what was counted."""
        listed = sorted((date.fromordinal(-day), rows) for rows, day in self._most)
        return DateCounts(
            inside=dict(sorted(self._inside.items())),
            outside=self._outside,
            outside_first=self._first,
            outside_last=self._last,
            undated=self._undated,
            outside_days=self._outside_days,
            outside_dates=dict(listed),
        )


def outside_text(dates: DateCounts, month: Month) -> str:
    """Say which dates lie outside the month, each with its rows; beyond the limit, how many more there are."""
    listed = ", ".join(f"{day} ({rows:,})" for day, rows in dates.outside_dates.items())
    more = dates.outside_days - len(dates.outside_dates)
    text = f"{counted(dates.outside, 'record')} outside {month}"
    if more <= 0:
        return f"{text}: {listed}"
    rest = dates.outside - sum(dates.outside_dates.values())
    return (
        f"{text}, on {dates.outside_days:,} dates from {dates.outside_first} to {dates.outside_last}; the most "
        f"frequent: {listed}; {rest:,} on {more:,} other dates"
    )
