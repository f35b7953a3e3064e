"""What the audit's numbers mean: pure rules from counts to findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.report import DayRows, Finding


def row_count_finding(rows: int, rows_copied: int) -> list[Finding]:
    """Judge the load table's row count against what COPY reported."""
    if rows == rows_copied:
        return []
    return [_critical("row_count", f"the load table holds {rows} rows, COPY loaded {rows_copied}")]


def date_findings(
    month: Month, undated: int, outside: int, extremes: tuple[str, str], listed: str = ""
) -> list[Finding]:
    """Judge rows that lie in no month or in another one: published, the next load would not replace them.

    `listed` says on which dates they lie, when that is known.
    """
    findings = []
    if undated:
        findings.append(_critical("undated", f"{undated} rows have no date"))
    if outside:
        between = f"dates run from {extremes[0]} to {extremes[1]}"
        on_dates = f": {listed}" if listed else ""
        findings.append(
            _critical("outside_month", f"{outside} rows lie outside {month} ({between}){on_dates}")
        )
    return findings


def by_policy(findings: list[Finding], outside_month: str) -> list[Finding]:
    """Give the findings of dates with the severity that `publish.outside_month` means."""
    if outside_month == "fail":
        return findings
    follows = "; they are not published but kept in SFETL.REJECTED_ROWS"
    return [
        finding.model_copy(update={"severity": "WARNING", "message": f"{finding.message}{follows}"})
        for finding in findings
    ]


def null_findings(nulls: Mapping[str, int]) -> list[Finding]:
    """Judge missing values in columns that must have one."""
    return [
        _critical("null_value", f"column {name} has no value in {count} rows")
        for name, count in nulls.items()
        if count
    ]


def day_count_findings(
    counted: Sequence[DayRows], found: Mapping[date, int], rejected: int = 0
) -> list[Finding]:
    """Judge the rows of each day of the month in the load table against those that QC counted in the files.

    COPY may have left `rejected` rows out, of days that it does not tell.
    """
    wanted = {day.day: day.rows for day in counted}
    lost = {day: wanted.get(day, 0) - found.get(day, 0) for day in sorted({*wanted, *found})}
    if all(rows >= 0 for rows in lost.values()) and sum(lost.values()) <= rejected:
        return []
    differing = [
        f"{day} ({found.get(day, 0):,} instead of {wanted.get(day, 0):,})"
        for day, rows in lost.items()
        if rows
    ]
    days = f"{len(differing)} {'day has' if len(differing) == 1 else 'days have'} other numbers of rows"
    told = f" ({rejected:,} rows were left out by COPY)" if rejected else ""
    return [_critical("day_rows", f"{days} than QC counted in the files{told}: {', '.join(differing)}")]


def _critical(code: str, message: str) -> Finding:
    return Finding(severity="CRITICAL", code=code, message=message)
