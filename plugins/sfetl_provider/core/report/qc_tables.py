"""What QC says about a month, as tables for spreadsheets (CSV, UTF-8)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from sfetl_provider.core.qc.check import MonthCheck

FINDING_COLUMNS = ("feed", "month", "severity", "code", "message")
DAY_COLUMNS = ("feed", "month", "day", "rows", "class")


def findings_csv(check: MonthCheck) -> str:
    """Give a row per finding."""
    return _csv(
        FINDING_COLUMNS,
        (
            (check.feed, check.month, finding.severity, finding.code, finding.message)
            for finding in check.verdict.findings
        ),
    )


def days_csv(check: MonthCheck) -> str:
    """Give a row per day of the month with its rows and class."""
    return _csv(
        DAY_COLUMNS,
        ((check.feed, check.month, str(day.day), str(day.rows), day.day_class) for day in check.days),
    )


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
