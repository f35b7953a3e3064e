"""What is to be looked at in each table, and how a person asks for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from sfetl_provider.core.errors import MonthError
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.month_list import read_months
from sfetl_provider.core.validate.day_span import DaySpan, read_span
from sfetl_provider.core.validate.key_search import read_key


@dataclass(frozen=True)
class Wanted:
    """What to look at in each table: months of the feed, or a span of days; neither: everything.

    `has_rules`: own rules are counted in the scan, which then reads their columns too. `has_keys`: a second query
    looks for duplicates of `key`, or of the feed's key when that is empty. `has_ledger`: all of the ledger's rows.
    """

    months: tuple[Month, ...] = ()
    days: DaySpan = field(default_factory=DaySpan)
    has_rules: bool = False
    has_keys: bool = False
    key: tuple[str, ...] = ()
    has_ledger: bool = False


@dataclass(frozen=True)
class Asked:
    """The same in a person's words: options of a command, or parameters of a run."""

    months: str | None = None
    first_day: str | None = None
    last_day: str | None = None
    key: str | None = None
    has_rules: bool = False
    has_keys: bool = False
    has_ledger: bool = False


def read_wanted(asked: Asked, today: date) -> Wanted:
    """Read it; raises MonthError for what is no month, day or range, ConfigError for what is no column's name."""
    if asked.months and (asked.first_day or asked.last_day):
        raise MonthError(
            "Both months and days are named.", safe="Nothing was done.", next_step="Name one of them."
        )
    key = read_key(asked.key)
    return Wanted(
        months=read_months(asked.months, today) if asked.months else (),
        days=read_span(asked.first_day, asked.last_day),
        has_rules=asked.has_rules,
        has_keys=asked.has_keys or bool(key),
        key=key,
        has_ledger=asked.has_ledger,
    )
