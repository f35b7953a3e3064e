"""What QC says about a month, as an Excel workbook: one sheet per kind of fact."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sfetl_provider.core.qc.check import MonthCheck
from sfetl_provider.core.qc.column_profile import distinct_kind
from sfetl_provider.core.qc.quality import Quality
from sfetl_provider.core.report.profile_table import share_text
from sfetl_provider.core.report.qc_text import SEVERITIES, findings_of
from sfetl_provider.core.report.sheet import Cell, Sheet
from sfetl_provider.core.report.workbook import write_sheets


def write_workbook(path: Path, check: MonthCheck) -> None:
    """Write the workbook, as `write_sheets` does; raises OSError when it cannot be written."""
    sheets = (sheet for make in SHEETS if (sheet := make(check)))
    write_sheets(path, f"{check.feed} {check.month}", sheets)


def _verdict(check: MonthCheck) -> Sheet:
    verdict = check.verdict
    rows: list[tuple[Cell, ...]] = [
        ("feed", check.feed),
        ("month", check.month),
        ("verdict", "passed" if verdict.is_passed else "REJECTED"),
        ("files", len(check.reports)),
        ("good records", verdict.good_records),
        ("bad records", sum(report.bad_records for report in check.reports)),
        *_quality(verdict.quality),
        ("days with rows", sum(day.rows > 0 for day in check.days)),
        *((f"{severity} findings", len(findings_of(check, severity))) for severity in SEVERITIES),
    ]
    return Sheet("Verdict", (("what", 22), ("value", 40)), rows, coloured_by=1)


def _quality(quality: Quality | None) -> tuple[tuple[Cell, ...], ...]:
    if quality is None:
        return ()
    shares = quality.shares
    return (
        ("quality, of 100", quality.score),
        ("good records %", _percent(shares.records)),
        ("values present %", _percent(shares.values)),
        ("expected days %", _percent(shares.days)),
    )


def _percent(share: float) -> float:
    """Give a share in per cent: two digits show 0 and 100 only when it is exactly that."""
    return 100 * share if share in (0, 1) else min(max(100 * share, 0.01), 99.99)


def _findings(check: MonthCheck) -> Sheet:
    rows = (
        (finding.severity, finding.code, finding.message)
        for severity in SEVERITIES
        for finding in findings_of(check, severity)
    )
    return Sheet("Findings", (("severity", 11), ("code", 22), ("message", 110)), rows, coloured_by=0)


def _days(check: MonthCheck) -> Sheet:
    rows = ((day.day, f"{day.day:%a}", day.rows, day.day_class) for day in check.days)
    columns = (("day", 12), ("weekday", 9), ("rows", 14), ("class", 16))
    return Sheet("Days", columns, rows, coloured_by=3, charted=(0, 2))


def _files(check: MonthCheck) -> Sheet:
    names = (
        "size_bytes",
        "records",
        "header_records",
        "good_records",
        "bad_records",
        "empty_records",
        "seconds",
    )
    rows = (
        (report.file, *(getattr(report, name) for name in names), report.rejects and report.rejects.path)
        for report in check.reports
    )
    titles = ("bytes", "records", "header", "good", "bad", "empty", "seconds")
    return Sheet(
        "Files", (("file", 50), *((title, 14) for title in titles), ("bad lines listed in", 60)), rows
    )


def _bad_lines(check: MonthCheck) -> Sheet | None:
    rows = [
        (report.file, bad.line, bad.column, bad.byte_offset, bad.reason, bad.sample)
        for report in check.reports
        for bad in report.bad_lines
    ]
    columns = (("file", 40), ("line", 12), ("column", 9), ("byte", 16), ("reason", 45), ("text", 90))
    return Sheet("Bad lines", columns, rows) if rows else None


def _rules(check: MonthCheck) -> Sheet | None:
    rows = [
        (
            report.file,
            rule.name,
            rule.violations,
            rule.unreadable,
            sample.line if sample else None,
            sample.sample if sample else None,
        )
        for report in check.reports
        for rule in report.rules
        for sample in rule.samples or (None,)
    ]
    columns = (("file", 40), ("rule", 28), ("violations", 12), ("unreadable", 12), ("line", 12), ("text", 90))
    return Sheet("Rules", columns, rows) if rows else None


def _columns(check: MonthCheck) -> Sheet | None:
    rows = [
        (
            column.name,
            column.kind,
            column.values,
            column.nulls,
            100 * column.null_share,
            column.least,
            column.greatest,
            column.shortest,
            column.longest,
            column.mean_length,
            column.distinct,
            column.distinct_most,
            distinct_kind(column),
            ", ".join(f"{item.value} ({share_text(item.share)})" for item in column.top),
        )
        for column in check.verdict.profile
    ]
    counts = ("values", "nulls", "null %", "min", "max", "shortest", "longest", "mean length")
    columns = (
        ("column", 28),
        ("kind", 11),
        *((title, 14) for title in (*counts, "distinct", "distinct at most", "distinct is")),
        ("most frequent", 90),
    )
    return Sheet("Columns", columns, rows) if rows else None


SHEETS: tuple[Callable[[MonthCheck], Sheet | None], ...] = (
    _verdict,
    _findings,
    _days,
    _columns,
    _files,
    _bad_lines,
    _rules,
)
"""The sheets in their order; one without rows to show may be None."""
