"""Rows per day: which days are missing, low or outlying, and what that means for the month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from statistics import fmean, quantiles

from sfetl_provider.core.config.qc_model import CheckedDaysConfig, DayClass, DaysConfig, Severity
from sfetl_provider.core.counted import counted
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.expected_days import day_ranges, expected_days
from sfetl_provider.core.qc.report import DayRows, Finding

_MEANINGS: dict[DayClass, str] = {
    "SEVERELY_LOW": "fewer than {severely_low_share:.4g} % of the mean of {mean:,.0f} rows",
    "LOW": "fewer than {low_share:.4g} % of the mean of {mean:,.0f} rows",
    "OUTLIER_LOW": "below the quartiles {lower:,.0f} and {upper:,.0f} by more than {iqr:g} times their distance",
    "OUTLIER_HIGH": "above the quartiles {lower:,.0f} and {upper:,.0f} by more than {iqr:g} times their distance",
    "NOT_EXPECTED": "with rows, though none are expected then",
}


class _Spread:
    """Mean and quartiles of the rows of the days that are compared; all 0 when there are none."""

    def __init__(self, rows: Sequence[int]) -> None:
        self.mean = fmean(rows) if rows else 0.0
        self.lower, _, self.upper = (
            quantiles(rows or [0], n=4, method="inclusive") if len(rows) > 1 else [self.mean] * 3
        )

    def class_of(self, rows: int, config: DaysConfig) -> DayClass:
        """Give the class of a day with so many rows; a low share goes before an outlier."""
        if rows < config.severely_low_share * self.mean:
            return "SEVERELY_LOW"
        if rows < config.low_share * self.mean:
            return "LOW"
        if config.outlier_iqr is not None:
            reach = max(
                config.outlier_iqr * (self.upper - self.lower), config.outlier_least_share * self.mean
            )
            if rows < self.lower - reach:
                return "OUTLIER_LOW"
            if rows > self.upper + reach:
                return "OUTLIER_HIGH"
        return "NORMAL"


def classify_days(rows: Mapping[date, int], qc: CheckedDaysConfig, month: Month) -> tuple[DayRows, ...]:
    """Give every expected day of the month and every other one with rows, in order, each with its class.

    Expected days with rows are compared with each other, so that weekends do not pull the mean down; with
    `qc.expected_days: any`, all days with rows are.
    """
    expected = set(expected_days(qc, month))
    shown = [day for day in month.days() if day in expected or rows.get(day)]
    is_compared = {day: qc.expected_days == "any" or day in expected for day in shown}
    spread = _Spread([rows[day] for day in shown if is_compared[day] and rows.get(day)])
    return tuple(
        DayRows(day=day, rows=count, day_class=_class(count, is_compared[day], spread, qc.days))
        for day in shown
        for count in [rows.get(day, 0)]
    )


def _class(rows: int, is_compared: bool, spread: _Spread, config: DaysConfig) -> DayClass:
    if not is_compared:
        return "NOT_EXPECTED"
    return spread.class_of(rows, config) if rows else "MISSING"


def day_findings(days: Sequence[DayRows], qc: CheckedDaysConfig, month: Month) -> Iterator[Finding]:
    """Say what is unusual about the days: a finding for each class, with all its days."""
    missing = [day.day for day in days if day.day_class == "MISSING"]
    if missing:
        text = f"No records for {len(missing)} of the expected days of {month}: {', '.join(day_ranges(missing))}."
        hint = "Have them delivered, or set qc.expected_days or qc.calendar of the feed if they are not expected."
        yield _finding(qc.days.severities.missing, "missing_days", f"{text} {hint}")
    for day_class in _MEANINGS:
        found = [day for day in days if day.day_class == day_class]
        if found:
            severity: Severity = getattr(qc.days.severities, day_class.lower())
            yield _finding(severity, f"{day_class.lower()}_days", _meaning(day_class, found, days, qc.days))
    counts = [day.rows for day in days if day.rows]
    if counts:
        text = (
            f"Rows per day on {len(counts)} days: at least {min(counts):,}, {fmean(counts):,.0f} on average,"
        )
        yield _finding("INFO", "rows_per_day", f"{text} at most {max(counts):,}.")


def day_lines(days: Sequence[DayRows]) -> list[str]:
    """Write every day in a line: date, day of the week, rows, class."""
    width = max((len(f"{day.rows:,}") for day in days), default=0)
    return [f"{day.day} {day.day:%a} {day.rows:>{width},}  {day.day_class}" for day in days]


def _meaning(day_class: DayClass, found: list[DayRows], days: Sequence[DayRows], config: DaysConfig) -> str:
    spread = _Spread([day.rows for day in days if day.day_class not in ("MISSING", "NOT_EXPECTED")])
    meaning = _MEANINGS[day_class].format(
        severely_low_share=100 * config.severely_low_share,
        low_share=100 * config.low_share,
        mean=spread.mean,
        lower=spread.lower,
        upper=spread.upper,
        iqr=config.outlier_iqr or 0,
    )
    listed = ", ".join(f"{day.day} ({day.rows:,})" for day in found)
    return f"{counted(len(found), 'day')} {day_class}, {meaning}: {listed}."


def _finding(severity: Severity, code: str, message: str) -> Finding:
    return Finding(severity=severity, code=code, message=message)
