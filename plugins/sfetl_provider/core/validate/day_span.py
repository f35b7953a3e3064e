"""Which days of a table are looked at: any range of dates, and what it cuts from a month."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from sfetl_provider.core.errors import MonthError
from sfetl_provider.core.expression.bound_sql import BoundSql, joined
from sfetl_provider.core.identifiers import quote_identifier
from sfetl_provider.core.plan.month import Month

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class DaySpan:
    """Days from `first` to `last`, both of them inside; None: without an end on that side."""

    first: date | None = None
    last: date | None = None

    @property
    def is_everything(self) -> bool:
        """Tell whether no day is left out."""
        return self.first is None and self.last is None

    def part_of(self, month: Month) -> Month | None:
        """Give the month with those of its days that lie in the span; None when none does."""
        first = max(month.first_day, self.first or month.first_day)
        end = min(month.next_first_day, self._end or month.next_first_day)
        if first >= end:
            return None
        is_whole = (first, end) == (month.first_day, month.next_first_day)
        return month if is_whole else replace(month, fiscal=(first, end))

    def condition(self, column: str) -> BoundSql | None:
        """Give the condition that a date column lies in the span; None when every row does.

        Half-open, as publications compare: the last day's 23:59:59.999999999 is inside.
        """
        name = quote_identifier(column)
        bounds = ((f"{name} >= ?", self.first), (f"{name} < ?", self._end))
        wanted = [BoundSql(text, (bound,)) for text, bound in bounds if bound]
        return joined(" AND ", wanted) if wanted else None

    @property
    def _end(self) -> date | None:
        return self.last and self.last + _ONE_DAY


def read_span(first: str | None, last: str | None) -> DaySpan:
    """Read a range of days, as 2024-01-05; an empty bound is none.

    Raises MonthError for what is no day, and for a range that runs backwards.
    """
    span = DaySpan(_read_day(first), _read_day(last))
    if span.first and span.last and span.last < span.first:
        raise MonthError(
            f"The range from {span.first} to {span.last} runs backwards.",
            safe="Nothing was done.",
            next_step="Name the earlier day first.",
        )
    return span


def _read_day(text: str | None) -> date | None:
    if not text or not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        day = date.max
    if day == date.max:
        raise MonthError(
            f"{text!r} is not a day.", safe="Nothing was done.", next_step="Give it as 2024-01-05."
        )
    return day
