"""A month, and the ways in which a run may name it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta

from sfetl_provider.core.errors import MonthError

_FORMS = (
    re.compile(r"(?P<year>(?:19|20|21)\d\d)-(?P<month>0[1-9]|1[0-2])"),
    re.compile(r"(?P<year>(?:19|20|21)\d\d)(?P<month>0[1-9]|1[0-2])"),
    # No month is 19, 20 or 21, so MMYYYY and YYYYMM never mean the same text.
    re.compile(r"(?P<month>0[1-9]|1[0-2])(?P<year>(?:19|20|21)\d\d)"),
)


@dataclass(frozen=True, order=True)
class Month:
    """A month of the years 1900 to 2199; text form 2024-01.

    `fiscal` is its first day and the first one after it where these are not the calendar's; it is no part of what
    makes months equal.
    """

    year: int
    number: int
    fiscal: tuple[date, date] | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"

    @classmethod
    def of_text(cls, text: str) -> Month:
        """Read 2024-01, the text form."""
        year, number = text.split("-")
        return cls(int(year), int(number))

    @classmethod
    def parse(cls, text: str, today: date) -> Month:
        """Read 2024-01, 202401, 012024, `current` or `last` (relative to `today`); raises MonthError."""
        word = text.strip().lower()
        if word == "current":
            return cls(today.year, today.month)
        if word == "last":
            return cls(today.year, today.month).previous()
        for form in _FORMS:
            if match := form.fullmatch(word):
                return cls(int(match["year"]), int(match["month"]))
        raise MonthError(
            f"{text!r} is not a month.",
            safe="Nothing was done.",
            next_step="Give it as 2024-01, 202401, 012024, current or last.",
        )

    @property
    def first_day(self) -> date:
        """The first day of the month."""
        return self.fiscal[0] if self.fiscal else date(self.year, self.number, 1)

    @property
    def next_first_day(self) -> date:
        """The first day after the month: the end of the half-open interval."""
        return self.fiscal[1] if self.fiscal else date(self.year + self.number // 12, self.number % 12 + 1, 1)

    def previous(self) -> Month:
        """The month before, without its fiscal days."""
        return Month(self.year - (self.number == 1), (self.number - 2) % 12 + 1)

    def following(self) -> Month:
        """The month after, without its fiscal days."""
        return Month(self.year + self.number // 12, self.number % 12 + 1)

    def days(self) -> list[date]:
        """Every day of the month, in order."""
        count = (self.next_first_day - self.first_day).days
        return [self.first_day + timedelta(days=offset) for offset in range(count)]


def choose_month(
    parameter: str | None, partition_key: str | None, interval_start: date | None, today: date
) -> Month:
    """Decide the run's month: the parameter, else the partition key, else the data interval's start.

    Raises MonthError when none is given, and when parameter and partition key contradict each other (as when
    a month parameter is given to a backfill of several months).
    """
    named = Month.parse(parameter, today) if parameter else None
    keyed = Month.parse(partition_key, today) if partition_key else None
    if named and keyed and named != keyed:
        raise MonthError(
            f"The run's parameter says {named}, its partition key {keyed}.",
            safe="Nothing was done.",
            next_step="Leave the month parameter empty in a backfill, or trigger a run without partition key.",
        )
    chosen = named or keyed
    if chosen is None and interval_start is not None:
        chosen = Month(interval_start.year, interval_start.month)
    if chosen is None:
        raise MonthError(
            "The run names no month.",
            safe="Nothing was done.",
            next_step="Trigger it with the parameter month, for example 2024-01.",
        )
    return chosen
