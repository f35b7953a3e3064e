"""The decision about a month: pure, made once from the reports of all its files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from statistics import fmean

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import QcFailedError
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.month_plan import QcMode
from sfetl_provider.core.qc.report import Finding, QcReport, QcVerdict, Severity, TextForm

FRIDAY = 4


def decide(reports: Sequence[QcReport], config: FeedConfig, month: Month, mode: QcMode) -> QcVerdict:
    """Decide whether a month may be loaded; it may unless there is a CRITICAL finding.

    With a mode other than `file` no file was read: it passes with an INFO finding that says so.
    """
    if mode != "file":
        text = f"The files were not checked before loading: QC mode is {mode}."
        return _verdict(mode, [_finding("INFO", "file_qc_not_run", text)], ())
    findings = [finding for report in reports for finding in _file_findings(report, config, month)]
    if not reports:
        findings.append(_finding("CRITICAL", "no_files", f"There is no report of any file of {month}."))
    findings.extend(_month_findings(reports, config, month))
    return _verdict(mode, findings, reports)


def raise_unless_passed(verdict: QcVerdict, month: Month) -> None:
    """Raise QcFailedError with every CRITICAL finding when the verdict is that the month must not load."""
    if verdict.is_passed:
        return
    critical = [finding.message for finding in verdict.findings if finding.severity == "CRITICAL"]
    raise QcFailedError(
        f"Quality control of {month} failed in {len(critical)} {'point' if len(critical) == 1 else 'points'}:"
        + "".join(f"\n- {message}" for message in critical)
        + "\n",
        safe="Nothing was loaded: the table is as it was.",
        next_step=f"Have the files of {month} corrected and delivered again, then clear this run's tasks from "
        "plan on; or change the feed's configuration if it is the expectation that is wrong.",
    )


def _verdict(mode: QcMode, findings: list[Finding], reports: Sequence[QcReport]) -> QcVerdict:
    return QcVerdict(
        mode=mode,
        is_passed=all(finding.severity != "CRITICAL" for finding in findings),
        findings=tuple(findings),
        fingerprints={report.file: report.fingerprint for report in reports},
        good_records=sum(report.good_records for report in reports),
    )


def _finding(severity: Severity, code: str, message: str) -> Finding:
    return Finding(severity=severity, code=code, message=message)


def _file_findings(report: QcReport, config: FeedConfig, month: Month) -> Iterator[Finding]:
    for code, message in _file_faults(report, config, month):
        yield _finding("CRITICAL", code, f"{report.file}: {message}")
    if report.empty_records:
        text = f"{report.file}: {_records(report.empty_records, 'empty record')} will not be loaded."
        yield _finding("INFO", "empty_records", text)
    for severity, code, message in _form_remarks(report.form):
        yield _finding(severity, code, f"{report.file}: {message}")


def _form_remarks(form: TextForm) -> Iterator[tuple[Severity, str, str]]:
    if form.crlf_ends and form.lf_ends:
        text = f"{_records(form.crlf_ends, 'record')} with CRLF and {form.lf_ends:,} with LF alone; it was"
        yield "WARNING", "mixed_line_ends", f"mixed line ends: {text} perhaps put together from two systems."
    if form.is_last_newline_missing:
        text = "no newline ends the last record, which counts; a file that was cut off ends so too."
        yield "INFO", "last_newline_missing", text
    if form.has_byte_order_mark:
        yield "INFO", "byte_order_mark", "it begins with a byte order mark (3 bytes), which is not loaded."
    for remark in form.header_remarks:
        yield "INFO", "header_spelling", f"header accepted: {remark}."


def _file_faults(report: QcReport, config: FeedConfig, month: Month) -> Iterator[tuple[str, str]]:
    dates = report.dates
    if report.bad_records:
        yield "bad_lines", _bad_lines(report)
    if not report.good_records and not report.bad_records:
        yield "no_records", "it holds no records; have it delivered again."
    for fault in report.header_faults:
        yield "header", f"{fault}. Correct the file, or columns and format.header of the feed."
    for column, missing in report.nulls.items():
        if missing:
            yield (
                "null",
                f"{_records(missing, 'record')} without a value in column {column}, which must have one.",
            )
    if dates.undated:
        text = f"{_records(dates.undated, 'record')} whose {config.date.column} is missing or not a date"
        yield "undated", f"{text} as {config.date_format}."
    if dates.outside:
        text = f"{_records(dates.outside, 'record')} outside {month}, from {dates.outside_first} to"
        yield "outside_month", f"{text} {dates.outside_last}; a file may hold rows of its own month only."


def _bad_lines(report: QcReport) -> str:
    quoted = [f"{bad.place}: {bad.reason}" for bad in report.bad_lines]
    more = report.bad_records - len(quoted)
    tail = f"; and {more:,} more" if more > 0 else ""
    return f"{_records(report.bad_records, 'bad record')}: {'; '.join(quoted)}{tail}.{_listed(report)}"


def _listed(report: QcReport) -> str:
    if report.rejects is None:
        return ""
    if report.rejects.lines < report.bad_records:
        return f" The first {report.rejects.lines:,} are listed in {report.rejects.path} (limit: qc.rejects_mib)."
    return f" All are listed in {report.rejects.path}."


def _month_findings(reports: Sequence[QcReport], config: FeedConfig, month: Month) -> Iterator[Finding]:
    rows: Counter[date] = Counter()
    for report in reports:
        rows.update(report.dates.inside)
    missing = [day for day in _expected_days(config, month) if not rows[day]]
    if missing and reports:
        text = (
            f"No records for {len(missing)} of the expected days of {month}: {', '.join(_ranges(missing))}."
        )
        hint = "Have them delivered, or set qc.expected_days of the feed if they are not expected."
        yield _finding("CRITICAL", "missing_days", f"{text} {hint}")
    counts = [count for count in rows.values() if count]
    if counts:
        text = (
            f"Rows per day on {len(counts)} days: at least {min(counts):,}, {fmean(counts):,.0f} on average,"
        )
        yield _finding("INFO", "rows_per_day", f"{text} at most {max(counts):,}.")


def _expected_days(config: FeedConfig, month: Month) -> list[date]:
    match config.qc.expected_days:
        case "all":
            return month.days()
        case "weekdays":
            return [day for day in month.days() if day.weekday() <= FRIDAY]
        case "any":
            return []


def _ranges(days: Iterable[date]) -> list[str]:
    spans: list[list[date]] = []
    for day in days:
        if spans and day - spans[-1][-1] == timedelta(days=1):
            spans[-1].append(day)
        else:
            spans.append([day])
    return [str(span[0]) if len(span) == 1 else f"{span[0]}–{span[-1]}" for span in spans]


def _records(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
