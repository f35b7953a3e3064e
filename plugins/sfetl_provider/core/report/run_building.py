"""Putting a run's report together, from whatever the run got to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sfetl_provider import __version__
from sfetl_provider.core.audit.report import AuditReport
from sfetl_provider.core.compute.use import total_credits
from sfetl_provider.core.copy_into.outcome import CopyOutcome
from sfetl_provider.core.drop.records import DropReceipt
from sfetl_provider.core.ledger.entry import QueryIds
from sfetl_provider.core.plan.month_plan import MonthPlan, TableChange, TableName
from sfetl_provider.core.publish.receipt import PublishReceipt
from sfetl_provider.core.qc.report import QcReport, QcVerdict
from sfetl_provider.core.report.listed_rows import ListedRow
from sfetl_provider.core.report.run_report import (
    ReportedBadLines,
    ReportedChecks,
    ReportedFile,
    RunIdentity,
    RunReport,
    RunState,
    Stopped,
)
from sfetl_provider.core.report.task_failure import TaskFailure
from sfetl_provider.core.restore.records import RestoreReceipt
from sfetl_provider.core.stage.staged_file import StagedFile


@dataclass(frozen=True)
class RunRecords:
    """What the tasks of a run left; None for each that did not get so far.

    `verdict` and `audit` may be those that failed the run; `copy_changes` of the table stay when it fails.
    `bad_files` are QC's reports of files with bad lines. `table` is that of runs without a plan.
    """

    plan: MonthPlan | None = None
    table: TableName | None = None
    bad_files: tuple[QcReport, ...] = ()
    verdict: QcVerdict | None = None
    staged_files: tuple[StagedFile, ...] | None = None
    outcome: CopyOutcome | None = None
    copy_bad_rows: tuple[ListedRow, ...] = ()
    copy_changes: tuple[TableChange, ...] = ()
    audit: AuditReport | None = None
    publication: PublishReceipt | None = None
    deletion: DropReceipt | None = None
    restoration: RestoreReceipt | None = None
    published_before: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunEnd:
    """How a run ended: its failed tasks, or why it stopped on purpose."""

    started_at: datetime
    finished_at: datetime
    failures: tuple[TaskFailure, ...] = ()
    stopped: Stopped = ""


def build_report(identity: RunIdentity, records: RunRecords, end: RunEnd) -> RunReport:
    """Put a run's report together; any record may be missing."""
    return RunReport.model_validate(
        {
            **identity.model_dump(),
            **_planned(records),
            **_staging(records.staged_files),
            **_copied(records.outcome),
            **_computed(records),
            "copy_bad_rows": records.copy_bad_rows,
            "qc": _qc(records.verdict),
            "audit": _audit(records),
            "bad_lines": tuple(_bad_lines(report) for report in records.bad_files),
            **_changes(records),
            "query_ids": _query_ids(records),
            "state": _state(records, end),
            **_ended(end),
            "version": __version__,
            **({"reason": records.publication.reason} if records.publication else {}),
        }
    )


def _planned(records: RunRecords) -> dict[str, object]:
    plan = records.plan
    return {
        "table": plan.table if plan else records.table,
        "load_mode": plan.load_mode if plan else "",
        "is_insecure": _is_insecure(records),
        "table_changes": _table_changes(records),
        "files_published_before": records.published_before,
    }


def _ended(end: RunEnd) -> dict[str, object]:
    return {
        "started_at": end.started_at,
        "finished_at": end.finished_at,
        "seconds": (end.finished_at - end.started_at).total_seconds(),
        "failed_tasks": tuple(failure.task for failure in end.failures),
        "message": next((failure.text for failure in end.failures if failure.text), ""),
        "failures": end.failures,
    }


def _is_insecure(records: RunRecords) -> bool:
    parts = (records.plan, records.publication, records.deletion, records.restoration)
    return any(part is not None and part.is_insecure for part in parts)


def _state(records: RunRecords, end: RunEnd) -> RunState:
    if end.failures:
        return "failed"
    if records.deletion:
        return "dropped"
    if records.restoration:
        return "restored"
    if records.publication:
        return "published"
    return end.stopped or "failed"


def _staging(files: tuple[StagedFile, ...] | None) -> dict[str, object]:
    if files is None:
        counted = ("bytes_in_files", "bytes_staged", "rows_in_files", "rows_staged")
        return {"files": (), **dict.fromkeys(counted)}
    return {
        "files": tuple(_reported_file(file) for file in files),
        "bytes_in_files": sum(file.size_bytes for file in files),
        "bytes_staged": sum(file.compressed_bytes for file in files),
        "rows_in_files": sum(file.records - file.header_records - file.empty_records for file in files),
        "rows_staged": sum(file.staged_records for file in files),
    }


def _copied(outcome: CopyOutcome | None) -> dict[str, object]:
    return {
        "rows_copied": outcome.rows_copied if outcome else None,
        "rows_rejected_by_copy": outcome.rows_rejected if outcome else None,
        "copy_rejects": outcome.rejects if outcome else None,
    }


def _computed(records: RunRecords) -> dict[str, object]:
    copied = records.outcome.compute if records.outcome else ()
    published = records.publication.compute if records.publication else ()
    return {
        "copy_compute": copied,
        "publish_compute": published,
        "credits": total_credits((*copied, *published)),
    }


def _reported_file(staged: StagedFile) -> ReportedFile:
    return ReportedFile(
        name=staged.file,
        size_bytes=staged.size_bytes,
        sha256=staged.sha256,
        records=staged.records,
        header_records=staged.header_records,
        empty_records=staged.empty_records,
        staged_records=staged.staged_records,
        chunks=staged.chunk_count,
        chunks_reused=staged.chunks_reused,
        ranges=staged.ranges,
        rejected_records=staged.rejected_records,
    )


def _changes(records: RunRecords) -> dict[str, object]:
    publication = records.publication
    change = publication or records.deletion or records.restoration
    planned = records.plan.generation if records.plan else None
    return {
        "rows_before": publication.rows_before if publication else None,
        "rows_published": publication.rows_inserted if publication else None,
        "rows_updated": publication.rows_updated if publication else None,
        "rows_rejected": publication.rows_rejected if publication else None,
        "rows_deleted": change.rows_deleted if change else None,
        "rows_restored": records.restoration.rows_inserted if records.restoration else None,
        "generation": change.generation if change else planned,
        "ledger_sequence": change.ledger_sequence if change else None,
        "ledger_hash": change.ledger_hash if change else None,
        "undoes": records.restoration.undoes if records.restoration else None,
        "kept_table": records.deletion.kept_table if records.deletion else "",
    }


def _query_ids(records: RunRecords) -> QueryIds:
    """Give Snowflake's ids of what a person may want to look up, by step in the order of the run."""
    change = records.publication or records.deletion or records.restoration
    copied: QueryIds = {"copy": records.outcome.query_ids} if records.outcome else {}
    audited: QueryIds = {"audit": records.audit.query_ids} if records.audit else {}
    return {**copied, **audited, **(change.query_ids if change else {})}


def _table_changes(records: RunRecords) -> tuple[TableChange, ...]:
    planned = records.plan.table_changes if records.plan else ()
    return (*planned, *(records.verdict.table_changes if records.verdict else ()), *records.copy_changes)


def _bad_lines(report: QcReport) -> ReportedBadLines:
    return ReportedBadLines(
        file=report.file, records=report.bad_records, lines=report.bad_lines, rejects=report.rejects
    )


def _qc(verdict: QcVerdict | None) -> ReportedChecks | None:
    if verdict is None:
        return None
    return ReportedChecks(
        mode=verdict.mode,
        is_passed=verdict.is_passed,
        rows=verdict.good_records,
        findings=verdict.findings,
        days=verdict.days,
        quality=verdict.quality,
    )


def _audit(records: RunRecords) -> ReportedChecks | None:
    if records.audit is None:
        return None
    return ReportedChecks(
        mode=records.plan.qc_mode if records.plan else "",
        is_passed=records.audit.is_passed,
        rows=records.audit.rows,
        findings=records.audit.findings,
        days=records.audit.day_rows,
    )
