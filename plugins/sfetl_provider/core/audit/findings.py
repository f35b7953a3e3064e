"""What the audit's numbers mean: pure rules from counts to findings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sfetl_provider.core.config.model import QcConfig
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.report import Finding


def row_count_finding(rows: int, rows_copied: int) -> list[Finding]:
    """Judge the load table's row count against what COPY reported."""
    if rows == rows_copied:
        return []
    return [_critical("row_count", f"the load table holds {rows} rows, COPY loaded {rows_copied}")]


def date_findings(month: Month, undated: int, outside: int, extremes: tuple[str, str]) -> list[Finding]:
    """Judge rows that lie in no month or in another one: published, the next load would not replace them."""
    findings = []
    if undated:
        findings.append(_critical("undated", f"{undated} rows have no date"))
    if outside:
        between = f"dates run from {extremes[0]} to {extremes[1]}"
        findings.append(_critical("outside_month", f"{outside} rows lie outside {month} ({between})"))
    return findings


def null_findings(nulls: Mapping[str, int]) -> list[Finding]:
    """Judge missing values in columns that must have one."""
    return [
        _critical("null_value", f"column {name} has no value in {count} rows")
        for name, count in nulls.items()
        if count
    ]


def day_findings(month: Month, days: Mapping[date, int], expected: QcConfig) -> list[Finding]:
    """Judge which expected days of the month have no rows; all are listed."""
    missing = [day for day in expected_days(month, expected) if day not in days]
    if not missing:
        return []
    listed = ", ".join(day.isoformat() for day in missing)
    return [_critical("missing_days", f"{len(missing)} expected days have no rows: {listed}")]


def expected_days(month: Month, qc: QcConfig) -> list[date]:
    """Give the days of the month that must have rows, by `qc.expected_days`."""
    if qc.expected_days == "any":
        return []
    return [day for day in month.days() if qc.expected_days == "all" or day.weekday() < 5]


def _critical(code: str, message: str) -> Finding:
    return Finding(severity="CRITICAL", code=code, message=message)
