"""What the keys of a month's files mean for the month."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.counted import counted
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.key_report import KeyFile, KeyReport, KeySample
from sfetl_provider.core.qc.report import Finding, QcReport, Severity


def key_findings(
    keys: KeyReport | None, reports: Sequence[QcReport], config: FeedConfig, month: Month
) -> Iterator[Finding]:
    """Judge the keys: duplicates by `qc.key_severity`, keys that lack a value as a WARNING.

    Each file must have been compared with the content and as many records as `file_qc` counted good ones, or a
    CRITICAL finding says so. Of a file with bad lines that are not left out, or a wrong header, what could be read
    was compared.
    """
    if not config.qc.key:
        return
    named = f"key ({', '.join(config.qc.key)})"
    if keys is None or keys.columns != config.qc.key:
        text = f"{month}: the {named} was not compared across the files; clear task qc_keys."
        yield _finding("CRITICAL", "keys_not_checked", text)
        return
    by_name = {file.file: file for file in keys.files}
    for report in reports:
        yield from _coverage(report, by_name.get(report.file), len(config.columns) == 1)
    if missing := _missing(keys, reports, len(config.columns) == 1):
        text = (
            f"{month}: {counted(missing, 'record')} without a value in the {named}; such keys equal no other."
        )
        yield _finding("WARNING", "keys_missing", text)
    if keys.duplicated_keys:
        yield _finding(config.qc.key_severity, "duplicate_keys", f"{month}: {_duplicates(keys, named)}")


def _coverage(report: QcReport, file: KeyFile | None, is_one_column: bool) -> Iterator[Finding]:
    if file is None or file.fingerprint != report.fingerprint:
        text = "its keys were not compared" if file is None else "it changed between file_qc and qc_keys"
        yield _finding(
            "CRITICAL", "keys_not_reconciled", f"{report.file}: {text}; clear the run's tasks from plan on."
        )
    elif (report.bad_records and not report.left_out) or report.header_faults or not file.is_read:
        text = f"the keys of {counted(file.records, 'record')} were compared, as far as the file can be read"
        yield _finding("INFO", "keys_incomplete", f"{report.file}: {text}.")
    elif file.records != report.good_records and not (is_one_column and _may_hold(file, report)):
        good, compared = counted(report.good_records, "record"), counted(file.records, "record")
        text = f"{good} by file_qc, but keys of {compared} were compared"
        yield _finding("CRITICAL", "keys_not_reconciled", f"{report.file}: {text}; report this as a defect.")


def _may_hold(file: KeyFile, report: QcReport) -> bool:
    """Tell whether a file of one column has its good records: DuckDB takes some empty lines for records too."""
    return file.records - file.missing <= report.good_records <= file.records


def _missing(keys: KeyReport, reports: Sequence[QcReport], is_one_column: bool) -> int:
    if not is_one_column:
        return sum(file.missing for file in keys.files)
    return max(0, sum(report.good_records for report in reports) - keys.compared_records)


def _duplicates(keys: KeyReport, named: str) -> str:
    count, surplus = keys.duplicated_keys, keys.surplus_records
    stand = "value of the {} stands" if count == 1 else "values of the {} stand"
    text = f"{count:,} {stand.format(named)} more than once"
    text += f", {counted(surplus, 'record')} too many of {keys.compared_records:,}"
    more = count - len(keys.samples)
    tail = f"; and {more:,} more" if more > 0 else ""
    return f"{text}: {'; '.join(map(_sample, keys.samples))}{tail}."


def _sample(sample: KeySample) -> str:
    more = ", …" if sample.records > len(sample.places) else ""
    values = ", ".join(map(repr, sample.values))
    return f"({values}) {sample.records:,} times: {', '.join(map(str, sample.places))}{more}"


def _finding(severity: Severity, code: str, message: str) -> Finding:
    return Finding(severity=severity, code=code, message=message)
