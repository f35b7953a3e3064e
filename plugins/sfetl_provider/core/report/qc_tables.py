"""What QC says about a month, as tables for spreadsheets (CSV, UTF-8)."""

from __future__ import annotations

from collections.abc import Iterator

from sfetl_provider.core.qc.check import MonthCheck
from sfetl_provider.core.qc.column_profile import PROBABILITIES, TOP_VALUES, ColumnProfile, distinct_kind
from sfetl_provider.core.report.sheet import csv_text

FINDING_COLUMNS = ("feed", "month", "severity", "code", "message")
DAY_COLUMNS = ("feed", "month", "day", "rows", "class")
PROFILE_COLUMNS = (
    *(
        "feed",
        "month",
        "column",
        "kind",
        "values",
        "nulls",
        "min",
        "max",
        "shortest",
        "longest",
        "mean_length",
    ),
    *("distinct", "distinct_most", "distinct_is", "sampled"),
    *(f"p{100 * probability:.0f}" for probability in PROBABILITIES),
    *(f"top_{at}{what}" for at in range(1, TOP_VALUES + 1) for what in ("", "_share")),
)


def findings_csv(check: MonthCheck) -> str:
    """Give a row per finding."""
    return csv_text(
        FINDING_COLUMNS,
        (
            (check.feed, check.month, finding.severity, finding.code, finding.message)
            for finding in check.verdict.findings
        ),
    )


def days_csv(check: MonthCheck) -> str:
    """Give a row per day of the month with its rows and class."""
    return csv_text(
        DAY_COLUMNS,
        ((check.feed, check.month, str(day.day), str(day.rows), day.day_class) for day in check.days),
    )


def profile_csv(check: MonthCheck) -> str:
    """Give a row per column with its profile; empty cells where there is no value."""
    rows = ((check.feed, check.month, *_profile_row(column)) for column in check.verdict.profile)
    return csv_text(PROFILE_COLUMNS, rows)


def _profile_row(column: ColumnProfile) -> Iterator[str]:
    mean = None if column.mean_length is None else round(column.mean_length, 2)
    counts = (
        column.values,
        column.nulls,
        column.least,
        column.greatest,
        column.shortest,
        column.longest,
        mean,
    )
    distinct = (column.distinct, column.distinct_most, distinct_kind(column), column.sampled or None)
    top = (cell for item in column.top for cell in (item.value, item.share))
    quantiles = column.quantiles or (None,) * len(PROBABILITIES)
    cells = [column.name, column.kind, *counts, *distinct, *quantiles, *top]
    cells += [None] * (len(PROFILE_COLUMNS) - 2 - len(cells))
    yield from ("" if cell is None else str(cell) for cell in cells)
