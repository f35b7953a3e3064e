"""The rows of a month beside those of earlier published months."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from statistics import median

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.plan.fiscal_month import month_or_calendar
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.expected_days import expected_days
from sfetl_provider.core.qc.report import Finding
from sfetl_provider.core.record import Record


class PublishedMonth(Record):
    """A month as it stands in the target, and its rows there."""

    month: str
    rows: int


def history_findings(
    rows: int, month: Month, earlier: Mapping[str, float], config: FeedConfig
) -> Iterator[Finding]:
    """Judge a month's rows: low or high when its rows a day are far from the median of those of earlier months.

    `earlier` has the rows a day of each, by month, as `rows_a_day` gives them.
    """
    history, usual = config.audit.history, usual_rows_a_day(earlier, config)
    if usual is None:
        return
    found = rows_a_day(rows, month, config)
    is_high = history.high_share is not None and found > history.high_share * usual
    if found >= history.low_share * usual and not is_high:
        return
    share = f"{100 * found / usual:.4g} % of" if usual else "unlike"
    yield Finding(
        severity=history.severity,
        code="history_high" if is_high else "history_low",
        message=f"{rows:,} rows in {month}, {found:,.1f} for each expected day: {share} the median of {usual:,.1f}"
        f" in {_named(sorted(earlier))}.",
    )


def usual_rows_a_day(earlier: Mapping[str, float], config: FeedConfig) -> float | None:
    """Give the median of earlier months' rows a day; None when they are too few to compare with."""
    return median(earlier.values()) if len(earlier) >= config.audit.history.needed_months else None


def months_a_day(months: Iterable[PublishedMonth], config: FeedConfig) -> dict[str, float]:
    """Give the rows a day of months by name."""
    return {
        past.month: rows_a_day(past.rows, month_or_calendar(config, Month.of_text(past.month)), config)
        for past in months
    }


def rows_a_day(rows: int, month: Month, config: FeedConfig) -> float:
    """Give a month's rows for each day that the feed expects, or for each of the month when it expects none.

    So a short month, or one with many holidays, is not low for that.
    """
    return rows / (len(expected_days(config.qc, month)) or len(month.days()))


def _named(months: Sequence[str]) -> str:
    several = f"{len(months)} published months of {months[0]} to {months[-1]}"
    return several if len(months) > 1 else f"the published month {months[0]}"
