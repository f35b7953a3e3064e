"""The decision about a month: pure, made once from the reports of all its files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.counted import counted
from sfetl_provider.core.errors import QcFailedError
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.month_plan import LeftOut, QcMode
from sfetl_provider.core.qc.column_profile import ColumnProfile
from sfetl_provider.core.qc.date_tally import outside_text
from sfetl_provider.core.qc.days import classify_days, day_findings
from sfetl_provider.core.qc.key_findings import key_findings
from sfetl_provider.core.qc.key_report import KeyReport
from sfetl_provider.core.qc.other_delimiter import delimiter_name
from sfetl_provider.core.qc.quality import Shares, present_share, rate, values_share
from sfetl_provider.core.qc.report import DayRows, Finding, QcReport, QcVerdict, Severity, TextForm
from sfetl_provider.core.qc.rule_findings import rule_findings
from sfetl_provider.core.qc.target_findings import target_findings

_REJECTED = "not published but kept in SFETL.REJECTED_ROWS (publish.outside_month)"


def decide(
    reports: Sequence[QcReport],
    config: FeedConfig,
    month: Month,
    mode: QcMode,
    keys: KeyReport | None = None,
) -> QcVerdict:
    """Decide whether a month may be loaded; it may unless there is a CRITICAL finding.

    `keys` belongs to a feed with `qc.key`. With a mode other than `file` no file was read: it passes with findings
    that say so.
    """
    if mode != "file":
        return _verdict(mode, list(_not_checked(config, mode)), (), ())
    findings = [finding for report in reports for finding in _file_findings(report, config, month)]
    if not reports:
        findings.append(_finding("CRITICAL", "no_files", f"There is no report of any file of {month}."))
    days = classify_days(_rows_per_day(reports), config.qc, month) if reports else ()
    findings.extend(day_findings(days, config.qc, month))
    findings.extend(rule_findings(reports, config, month))
    findings.extend(target_findings(reports, config))
    if config.suite is not None:
        # Imported late: a third of a second, which feeds without a suite do not need.
        from sfetl_provider.core.qc.expectation_findings import expectation_findings

        findings.extend(expectation_findings(reports, config, month))
    findings.extend(key_findings(keys, reports, config, month))
    return _verdict(mode, findings, reports, days)


def raise_unless_passed(verdict: QcVerdict, month: Month) -> None:
    """Raise QcFailedError with every CRITICAL finding, and the WARNINGs, when the month must not load."""
    if verdict.is_passed:
        return
    critical = [finding.message for finding in verdict.findings if finding.severity == "CRITICAL"]
    warnings = [finding.message for finding in verdict.findings if finding.severity == "WARNING"]
    raise QcFailedError(
        f"Quality control of {month} failed in {counted(len(critical), 'point')}:"
        + "".join(f"\n- {message}" for message in critical)
        + ("\nIt warns as well:" if warnings else "")
        + "".join(f"\n- {message}" for message in warnings)
        + "\n",
        safe="Nothing was loaded: the table is as it was.",
        next_step=f"Have the files of {month} corrected and delivered again, then clear this run's tasks from "
        "plan on; or change the feed's configuration if it is the expectation that is wrong.",
    )


def _not_checked(config: FeedConfig, mode: QcMode) -> Iterator[Finding]:
    text = f"The files were not checked before loading: QC mode is {mode}."
    yield _finding("INFO", "file_qc_not_run", text)
    if config.qc.may_reject:
        text = (
            f"No bad line is left out by qc.reject_limit = {config.qc.reject_limit}, as that needs QC mode file: "
            f"COPY meets them, with load.on_error {config.load.on_error}."
        )
        yield _finding("WARNING", "rejects_not_checked", text)
    if mode == "snowflake":
        return
    if config.qc.expectations:
        text = f"Suite {config.qc.expectations} was not checked, as it needs QC mode file or snowflake."
        yield _finding("WARNING", "expectations_not_checked", text)
    if config.qc.rules:
        names = ", ".join(rule.name for rule in config.qc.rules)
        text = f"The feed's own rules were not checked, as they need QC mode file or snowflake: {names}."
        yield _finding("WARNING", "rules_not_checked", text)
    if config.qc.key:
        text = (
            f"The key ({', '.join(config.qc.key)}) was not compared, as that needs QC mode file or snowflake."
        )
        yield _finding("WARNING", "keys_not_checked", text)


def _verdict(
    mode: QcMode, findings: list[Finding], reports: Sequence[QcReport], days: tuple[DayRows, ...]
) -> QcVerdict:
    profile = _profile(reports)
    shares = _shares(reports, days, profile)
    return QcVerdict(
        mode=mode,
        is_passed=all(finding.severity != "CRITICAL" for finding in findings),
        findings=tuple(findings),
        fingerprints={report.file: report.fingerprint for report in reports},
        sha256={report.file: report.sha256 for report in reports if report.sha256},
        good_records=sum(report.good_records for report in reports),
        days=days,
        profile=profile,
        quality=rate(shares, (finding.severity for finding in findings)) if mode == "file" else None,
        left_out=left_out_of(reports),
    )


def left_out_of(reports: Iterable[QcReport]) -> dict[str, LeftOut]:
    """Give what is left out of each file, by its name."""
    return {report.file: report.left_out for report in reports if report.left_out}


def _shares(reports: Sequence[QcReport], days: Sequence[DayRows], profile: Sequence[ColumnProfile]) -> Shares:
    good = sum(report.good_records for report in reports)
    expected = [day for day in days if day.day_class != "NOT_EXPECTED"]
    missing = sum(day.day_class == "MISSING" for day in expected)
    return Shares(
        records=present_share(good, good + sum(report.bad_records for report in reports)),
        values=values_share(profile) if profile else _required_share(reports, good),
        days=present_share(len(expected) - missing, len(expected), of_none=1.0 if good else 0.0),
    )


def _required_share(reports: Sequence[QcReport], good: int) -> float:
    """Give the share of values in the columns that must have one, for months without a profile."""
    columns = max((len(report.nulls) for report in reports), default=0)
    missing = min(sum(sum(report.nulls.values()) for report in reports), columns * good)
    return present_share(columns * good - missing, columns * good, of_none=1.0 if good else 0.0)


def _profile(reports: Sequence[QcReport]) -> tuple[ColumnProfile, ...]:
    """Join the files' profiles; a file that could not be read has none, and then the month has none."""
    # Imported late: NumPy is heavy, and every task parses the DAG file.
    from sfetl_provider.core.qc.profile_join import join_profiles

    profiles = [report.profile for report in reports if report.profile]
    return join_profiles(profiles) if profiles and len(profiles) == len(reports) else ()


def _finding(severity: Severity, code: str, message: str) -> Finding:
    return Finding(severity=severity, code=code, message=message)


def _file_findings(report: QcReport, config: FeedConfig, month: Month) -> Iterator[Finding]:
    for code, message in _file_faults(report, config):
        yield _finding("CRITICAL", code, f"{report.file}: {message}")
    severity: Severity = "WARNING" if config.publish.outside_month == "reject" else "CRITICAL"
    for code, message in _misplaced(report, config, month):
        yield _finding(severity, code, f"{report.file}: {message}")
    if report.left_out:
        text = _rejected_lines(report, report.left_out, config.qc.reject_limit)
        yield _finding("WARNING", "rejected_lines", f"{report.file}: {text}")
    if report.empty_records:
        text = f"{report.file}: {counted(report.empty_records, 'empty record')} will not be loaded."
        yield _finding("INFO", "empty_records", text)
    if report.text_bytes is not None:
        text = (
            f"compressed: {report.text_bytes:,} bytes of text in {report.size_bytes:,}; lines and bytes named"
        )
        yield _finding("INFO", "compressed", f"{report.file}: {text} are those of the text.")
    if report.seems_utf8:
        text = f"its text is UTF-8, but format.encoding is {config.format.encoding}: each letter beyond ASCII"
        yield _finding("WARNING", "seems_utf8", f"{report.file}: {text} would arrive as several others.")
    for severity, code, message in _form_remarks(report.form):
        yield _finding(severity, code, f"{report.file}: {message}")


def _form_remarks(form: TextForm) -> Iterator[tuple[Severity, str, str]]:
    if form.crlf_ends and form.lf_ends:
        text = f"{counted(form.crlf_ends, 'record')} with CRLF and {form.lf_ends:,} with LF alone; it was"
        yield "WARNING", "mixed_line_ends", f"mixed line ends: {text} perhaps put together from two systems."
    if form.is_last_newline_missing:
        text = "no newline ends the last record, which counts; a file that was cut off ends so too."
        yield "INFO", "last_newline_missing", text
    if form.has_byte_order_mark:
        yield "INFO", "byte_order_mark", "it begins with a byte order mark (3 bytes), which is not loaded."
    for remark in form.header_remarks:
        yield "INFO", "header_spelling", f"header accepted: {remark}."


def _file_faults(report: QcReport, config: FeedConfig) -> Iterator[tuple[str, str]]:
    if report.other_delimiter and (report.bad_records or report.header_faults):
        found, wanted = delimiter_name(report.other_delimiter), delimiter_name(config.format.delimiter)
        text = f"its columns seem to be separated by {found}, not by {wanted}; what follows may come of that"
        yield "delimiter", f"{text}. Correct the file, or format.delimiter of the feed."
    if report.bad_records and not report.left_out:
        yield "bad_lines", _bad_lines(report)
    if not report.good_records and (report.left_out or not report.bad_records):
        yield "no_records", "it holds no records; have it delivered again."
    for fault in report.header_faults:
        yield "header", f"{fault}. Correct the file, or columns and format.header of the feed."
    for column, missing in report.nulls.items():
        if missing:
            yield (
                "null",
                f"{counted(missing, 'record')} without a value in column {column}, which must have one.",
            )


def _misplaced(report: QcReport, config: FeedConfig, month: Month) -> Iterator[tuple[str, str]]:
    """Say which records no publication of the month takes; `publish.outside_month` says what follows."""
    dates, is_rejected = report.dates, config.publish.outside_month == "reject"
    if dates.undated:
        text = f"{counted(dates.undated, 'record')} whose {config.date.column} is missing or not a date"
        follows = f"; one that is missing is {_REJECTED}, another one stops COPY" if is_rejected else ""
        yield "undated", f"{text} as {config.date_format}{follows}."
    if dates.outside:
        follows = f"They are {_REJECTED}." if is_rejected else "A file may hold rows of its own month only."
        yield "outside_month", f"{outside_text(dates, month)}. {follows}"


def _bad_lines(report: QcReport) -> str:
    limit = f" {report.not_left_out}." if report.not_left_out else ""
    return f"{counted(report.bad_records, 'bad record')}: {_quoted(report)}.{limit}{_listed(report)}"


def _rejected_lines(report: QcReport, left_out: LeftOut, limit: int | str) -> str:
    """Say that the month is loaded without them, and how near the limit they come."""
    records = report.good_records + report.bad_records
    share = f"{100 * report.bad_records / records:.3g} % of {records:,}"
    found = f"{counted(report.bad_records, 'bad record')} ({counted(left_out.lines, 'line')}, {share})"
    text = f"{found} will not be loaded, within qc.reject_limit = {limit}"
    return f"{text}: {_quoted(report)}.{_listed(report)}"


def _quoted(report: QcReport) -> str:
    quoted = [f"{bad.place}: {bad.reason}" for bad in report.bad_lines]
    more = report.bad_records - len(quoted)
    return "; ".join(quoted) + (f"; and {more:,} more" if more > 0 else "")


def _listed(report: QcReport) -> str:
    if report.rejects is None:
        return ""
    if report.rejects.lines < report.bad_records:
        return f" The first {report.rejects.lines:,} are listed in {report.rejects.path} (limit: qc.rejects_mib)."
    return f" All are listed in {report.rejects.path}."


def _rows_per_day(reports: Sequence[QcReport]) -> Counter[date]:
    rows: Counter[date] = Counter()
    for report in reports:
        rows.update(report.dates.inside)
    return rows
