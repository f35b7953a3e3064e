"""The report of one run, built from whatever the run got to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from operator import not_
from typing import Literal

from pydantic import Field

from sfetl_provider import __version__
from sfetl_provider.core.audit.report import AuditReport
from sfetl_provider.core.copy_into.outcome import CopyOutcome
from sfetl_provider.core.drop.records import DropReceipt
from sfetl_provider.core.plan.month_plan import MonthPlan, TableChange
from sfetl_provider.core.publish.receipt import PublishReceipt
from sfetl_provider.core.qc.quality import Quality
from sfetl_provider.core.qc.report import DayRows, Finding, QcVerdict, RejectsFile
from sfetl_provider.core.record import Record
from sfetl_provider.core.restore.records import RestoreReceipt
from sfetl_provider.core.stage.staged_file import StagedFile

RunState = Literal["published", "dropped", "restored", "dry_run", "rejected", "nothing_new", "failed"]
Stopped = Literal["", "dry_run", "rejected", "nothing_new"]


class RunIdentity(Record):
    """Which run of which feed and month; texts are empty when the run failed before it knew."""

    feed: str
    month: str
    dag_id: str
    run_id: str
    run_key: str


class ReportedFile(Record):
    """One source file: bytes as it lies on disk, records as counted while staging, by `ranges` tasks.

    `rejected_records` are those that QC left out.
    """

    name: str
    size_bytes: int
    sha256: str
    records: int
    header_records: int
    empty_records: int
    staged_records: int
    chunks: int
    chunks_reused: int
    ranges: int = 1
    rejected_records: int = Field(default=0, exclude_if=not_)


class ReportedChecks(Record):
    """What QC or the audit decided; `rows` are the records it looked at, `days` every day that it counted.

    `quality` is that of files which QC read.
    """

    mode: str
    is_passed: bool
    rows: int
    findings: tuple[Finding, ...]
    days: tuple[DayRows, ...] = ()
    quality: Quality | None = None


class RunReport(RunIdentity):
    """One run from files to table. Counts are None for steps that the run did not reach.

    Sizes in bytes; `bytes_staged` as stored, compressed. `rows_in_files` excludes headers and empty lines.
    `table_changes` are those that the run made of the target's definition; they stay when a run fails.
    `rows_published` were inserted, `rows_updated` changed by a merge, `rows_rejected` not of the month and kept
    aside. `files_published_before` were skipped by append, as the month holds them already. Rows staged =
    copied + rejected by COPY; `copy_rejects` lists those.
    `generation` is the month's after the run's change, or as planned when it changed nothing. `ledger_sequence`
    and `ledger_hash` are the end of the feed's chain as the change left it: kept elsewhere than in Snowflake, they
    show when somebody writes the chain anew. `reason` is what a person confirmed. `is_insecure`: no
    certificate was verified on the way to Snowflake.
    """

    state: RunState
    files: tuple[ReportedFile, ...]
    bytes_in_files: int | None
    bytes_staged: int | None
    rows_in_files: int | None
    rows_staged: int | None
    rows_copied: int | None
    rows_rejected_by_copy: int | None
    copy_rejects: RejectsFile | None
    rows_published: int | None
    rows_updated: int | None
    rows_rejected: int | None
    rows_deleted: int | None
    rows_restored: int | None
    load_mode: str
    files_published_before: tuple[str, ...]
    qc: ReportedChecks | None
    audit: ReportedChecks | None
    table_changes: tuple[TableChange, ...] = ()
    generation: int | None
    ledger_sequence: int | None
    ledger_hash: str | None
    reason: str
    started_at: datetime
    finished_at: datetime
    seconds: float
    failed_tasks: tuple[str, ...]
    message: str
    version: str
    is_insecure: bool = False


@dataclass(frozen=True)
class RunRecords:
    """What the tasks of a run left; None for each that did not get so far."""

    plan: MonthPlan | None = None
    verdict: QcVerdict | None = None
    staged_files: tuple[StagedFile, ...] | None = None
    outcome: CopyOutcome | None = None
    audit: AuditReport | None = None
    publication: PublishReceipt | None = None
    deletion: DropReceipt | None = None
    restoration: RestoreReceipt | None = None
    published_before: tuple[str, ...] = ()


@dataclass(frozen=True)
class RunEnd:
    """How a run ended: the ids of its failed tasks, the message of one of them, or why it stopped on purpose."""

    started_at: datetime
    finished_at: datetime
    failed_tasks: tuple[str, ...] = ()
    message: str = ""
    stopped: Stopped = ""


def build_report(identity: RunIdentity, records: RunRecords, end: RunEnd) -> RunReport:
    """Put a run's report together; any record may be missing."""
    return RunReport.model_validate(
        {
            **identity.model_dump(),
            **_staging(records.staged_files),
            **_changes(records),
            "state": _state(records, end),
            "table_changes": _table_changes(records),
            **_copied(records.outcome),
            "qc": _qc(records.verdict),
            "audit": _audit(records),
            "started_at": end.started_at,
            "finished_at": end.finished_at,
            "seconds": (end.finished_at - end.started_at).total_seconds(),
            "failed_tasks": end.failed_tasks,
            "message": end.message,
            "version": __version__,
            "is_insecure": _is_insecure(records),
        }
    )


def _is_insecure(records: RunRecords) -> bool:
    parts = (records.plan, records.publication, records.deletion, records.restoration)
    return any(part is not None and part.is_insecure for part in parts)


def _state(records: RunRecords, end: RunEnd) -> RunState:
    if end.failed_tasks:
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
        "rows_published": publication.rows_inserted if publication else None,
        "rows_updated": publication.rows_updated if publication else None,
        "rows_rejected": publication.rows_rejected if publication else None,
        "load_mode": records.plan.load_mode if records.plan else "",
        "files_published_before": records.published_before,
        "rows_deleted": change.rows_deleted if change else None,
        "rows_restored": records.restoration.rows_inserted if records.restoration else None,
        "generation": change.generation if change else planned,
        "ledger_sequence": change.ledger_sequence if change else None,
        "ledger_hash": change.ledger_hash if change else None,
        "reason": publication.reason if publication else "",
    }


def _table_changes(records: RunRecords) -> tuple[TableChange, ...]:
    planned = records.plan.table_changes if records.plan else ()
    return (*planned, *(records.verdict.table_changes if records.verdict else ()))


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
