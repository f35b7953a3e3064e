"""What QC says about a month, as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from sfetl_provider.core.aligned import aligned
from sfetl_provider.core.config.qc_model import DayClass
from sfetl_provider.core.counted import counted
from sfetl_provider.core.printable import printable
from sfetl_provider.core.qc.check import MonthCheck
from sfetl_provider.core.qc.key_report import keys_text
from sfetl_provider.core.qc.report import Finding, QcReport, Severity
from sfetl_provider.core.report.profile_table import profile_lines
from sfetl_provider.core.report.quality_text import quality_text

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
BAR_CHARACTERS = 40
CLASSES: dict[DayClass, str] = {
    "MISSING": "missing",
    "SEVERELY_LOW": "severely low",
    "LOW": "low",
    "OUTLIER_LOW": "outlier, low",
    "OUTLIER_HIGH": "outlier, high",
    "NOT_EXPECTED": "not expected",
    "NORMAL": "",
}
_BYTES_PER_MB = 1_000_000


def render_check(check: MonthCheck) -> str:
    """Give verdict, files, keys, findings by severity, samples of bad lines, rows per day and columns' profile."""
    sections = (_head, _files, _keys, _findings, _bad_lines, _days, _profile)
    texts = ("\n".join(section(check)) for section in sections)
    return "\n\n".join(text for text in texts if text)


def headline(check: MonthCheck) -> str:
    """Give the verdict in one line."""
    verdict = "passed" if check.verdict.is_passed else "REJECTED"
    counts = ", ".join(
        f"{len(findings)} {severity}" for severity in SEVERITIES if (findings := findings_of(check, severity))
    )
    return f"{check.feed} {check.month}: {verdict}; {good_records(check)}; {counts}"


def good_records(check: MonthCheck) -> str:
    """Give the number of good records, of files, and of bad records that are left out, in words."""
    good, files = check.verdict.good_records, len(check.reports)
    rejected = sum(left_out.records for left_out in check.verdict.left_out.values())
    tail = f", {counted(rejected, 'bad record')} left out" if rejected else ""
    return f"{counted(good, 'good record')} in {counted(files, 'file')}{tail}"


def findings_of(check: MonthCheck, severity: Severity) -> list[Finding]:
    """Give the findings of one severity."""
    return [finding for finding in check.verdict.findings if finding.severity == severity]


def file_row(report: QcReport) -> tuple[str, ...]:
    """Give one file's numbers as text, in the order of FILE_COLUMNS."""
    counts = (
        report.records,
        report.header_records,
        report.good_records,
        report.bad_records,
        report.empty_records,
    )
    size = f"{report.size_bytes / _BYTES_PER_MB:,.2f}"
    return (report.file, size, *(f"{count:,}" for count in counts), f"{report.seconds:.1f}")


FILE_COLUMNS = ("file", "MB", "records", "header", "good", "bad", "empty", "seconds")


def _head(check: MonthCheck) -> Iterator[str]:
    yield headline(check)
    if check.verdict.quality:
        yield f"Quality: {quality_text(check.verdict.quality)}."


def _files(check: MonthCheck) -> Iterator[str]:
    rows = [tuple(map(printable, file_row(report))) for report in check.reports]
    if rows:
        yield from aligned([FILE_COLUMNS, *rows], right=frozenset(range(1, len(FILE_COLUMNS))))


def _keys(check: MonthCheck) -> Iterator[str]:
    if check.keys:
        yield printable(f"{keys_text(check.keys)}.")


def _findings(check: MonthCheck) -> Iterator[str]:
    for severity in SEVERITIES:
        for finding in findings_of(check, severity):
            yield f"{severity} {finding.code}: {printable(finding.message)}"


def _bad_lines(check: MonthCheck) -> Iterator[str]:
    for report in check.reports:
        if any(bad.sample for bad in report.bad_lines):
            yield f"Bad lines of {printable(report.file)}, {len(report.bad_lines)} of {report.bad_records:,}:"
            for bad in report.bad_lines:
                yield f"  {bad.line:,}: {printable(bad.sample)}"


def _days(check: MonthCheck) -> Iterator[str]:
    most = max(day.rows for day in check.days)
    if most:
        yield "Rows per day:"
        table = [
            (str(day.day), f"{day.day:%a}", f"{day.rows:,}", CLASSES[day.day_class], _bar(day.rows, most))
            for day in check.days
        ]
        yield from (f"  {line}" for line in aligned(table, right=frozenset({2})))


def _profile(check: MonthCheck) -> Iterator[str]:
    if check.verdict.profile:
        yield "Columns:"
        yield from (f"  {line}" for line in profile_lines(check.verdict.profile))


def _bar(rows: int, most: int) -> str:
    return "█" * (rows * BAR_CHARACTERS // most)
