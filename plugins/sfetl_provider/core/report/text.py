"""The report as aligned text for the task log."""

from __future__ import annotations

from collections.abc import Iterator

from sfetl_provider.core.compute.use import use_text
from sfetl_provider.core.counted import counted
from sfetl_provider.core.qc.days import day_lines
from sfetl_provider.core.report.quality_text import quality_text
from sfetl_provider.core.report.run_report import ReportedChecks, ReportedFile, RunReport
from sfetl_provider.core.report.run_words import completeness_text, table_text

_BYTES_PER_MB = 1_000_000


def render_text(report: RunReport) -> str:
    """Give the report as lines of label and value; steps that the run did not reach are left out."""
    pairs = list(_pairs(report))
    width = max(len(label) for label, _ in pairs)
    return "\n".join(f"{label:<{width}}  {value}" for label, value in pairs)


def _pairs(report: RunReport) -> Iterator[tuple[str, str]]:
    yield "run", f"{report.feed} {report.month}: {report.state} ({report.dag_id}, {report.run_id})"
    if report.is_insecure:
        yield "INSECURE", "no certificate was verified on the way to Snowflake"
    people = {"by": report.actor, "approved by": report.approver, "table": table_text(report)}
    yield from ((label, text) for label, text in people.items() if text)
    for file in report.files:
        yield "file", _file(file)
        if file.sha256:
            yield "sha256", f"{file.sha256}  {file.name}"
    for name in report.files_published_before:
        yield "skipped", f"{name}: published before, with the same content"
    yield from _sizes(report)
    yield from _counts(report)
    if report.copy_compute:
        yield "COPY on", use_text(report.copy_compute)
    if report.publish_compute:
        yield "publish on", use_text(report.publish_compute)
    yield from (("table changed", change.statement) for change in report.table_changes)
    yield from _checks("qc", report.qc)
    yield from _checks("audit", _without_repeated_days(report))
    if completeness := completeness_text(report):
        yield "days", completeness
    yield "time", f"{report.seconds:.1f} s, finished {report.finished_at:%Y-%m-%d %H:%M:%S} UTC"
    if report.failed_tasks:
        yield "failed tasks", ", ".join(report.failed_tasks)
    yield from (("message", failure.text) for failure in report.failures if failure.text)


def _file(file: ReportedFile) -> str:
    ranges = f", {file.ranges} ranges" if file.ranges > 1 else ""
    rejected = f"{file.rejected_records:,} rejected, " if file.rejected_records else ""
    return (
        f"{file.name}: {_megabytes(file.size_bytes)}, {counted(file.records, 'record')}, "
        f"{file.header_records:,} header, {file.empty_records:,} empty, {rejected}{file.staged_records:,} staged "
        f"in {counted(file.chunks, 'chunk')} ({file.chunks_reused} reused){ranges}"
    )


def _sizes(report: RunReport) -> Iterator[tuple[str, str]]:
    if report.bytes_in_files is not None and report.bytes_staged is not None:
        yield "bytes", f"{_megabytes(report.bytes_in_files)} read, {_megabytes(report.bytes_staged)} staged"


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / _BYTES_PER_MB:,.2f} MB"


def _counts(report: RunReport) -> Iterator[tuple[str, str]]:
    counts = {
        "rows in files": report.rows_in_files,
        "rows staged": report.rows_staged,
        "rows copied": report.rows_copied,
        "rows rejected by COPY": report.rows_rejected_by_copy or None,
        "rows published": report.rows_published,
        "rows updated": report.rows_updated or None,
        "rows rejected": report.rows_rejected or None,
        "rows deleted": report.rows_deleted,
        "rows restored": report.rows_restored,
        "generation": report.generation,
        "ledger row": report.ledger_sequence,
    }
    yield from ((label, f"{count:,}") for label, count in counts.items() if count is not None)
    if report.copy_rejects:
        yield "rejects", f"{counted(report.copy_rejects.lines, 'row')} listed in {report.copy_rejects.path}"
    if report.ledger_hash:
        yield "ledger hash", report.ledger_hash
    if report.reason:
        yield "reason", report.reason


def _without_repeated_days(report: RunReport) -> ReportedChecks | None:
    """Leave out the audit's days when QC found the same ones in the files."""
    if report.qc and report.audit and report.audit.days == report.qc.days:
        return report.audit.model_copy(update={"days": ()})
    return report.audit


def _checks(name: str, checks: ReportedChecks | None) -> Iterator[tuple[str, str]]:
    if checks is None:
        return
    verdict = "passed" if checks.is_passed else "FAILED"
    yield (
        name,
        f"{verdict} ({checks.mode}, {counted(checks.rows, 'row')}, {counted(len(checks.findings), 'finding')})",
    )
    if checks.quality:
        yield "quality", quality_text(checks.quality)
    for finding in checks.findings:
        yield f"{name} {finding.severity.lower()}", finding.message
    yield from ((f"{name} day", line) for line in day_lines(checks.days))
