"""Bringing the run's load table into one month of the target, exactly once."""

from __future__ import annotations

from collections.abc import Sequence

from sfetl_provider import __version__
from sfetl_provider.core.copy_into.statement import drop_table
from sfetl_provider.core.counted import counted
from sfetl_provider.core.errors import PublishRefusedError
from sfetl_provider.core.ledger.append import append
from sfetl_provider.core.ledger.canonical import canonical_json
from sfetl_provider.core.ledger.change import change_once
from sfetl_provider.core.ledger.entry import LedgerEntry, LedgerFacts, LedgerFile
from sfetl_provider.core.ledger.generation import raise_generation
from sfetl_provider.core.ledger.lookup import ChangeKey
from sfetl_provider.core.ledger.month_rows import require_count
from sfetl_provider.core.ledger.profiles import append_profile
from sfetl_provider.core.ledger.transaction import transaction
from sfetl_provider.core.plan.month_plan import MonthPlan
from sfetl_provider.core.plan.names import load_table, quoted_table
from sfetl_provider.core.plan.table_change import change_query_ids
from sfetl_provider.core.ports import Clock, Warehouse
from sfetl_provider.core.publish.changes import change_month, refuse_by_ledger
from sfetl_provider.core.publish.column_list import column_list
from sfetl_provider.core.publish.computed_values import require_computable
from sfetl_provider.core.publish.job import Change, PublishJob
from sfetl_provider.core.publish.load_check import require_usable_keys
from sfetl_provider.core.publish.receipt import PublishReceipt, receipt_of
from sfetl_provider.core.qc.report import Finding
from sfetl_provider.core.stage.staged_file import StagedFile


def publish_month(job: PublishJob, warehouse: Warehouse, clock: Clock) -> PublishReceipt:
    """Bring the load table's rows into the month, in one transaction with the ledger row, as `plan.load_mode`
    says.

    Idempotent: a run that has published gets its receipt back. After any failure the table is as it was, or,
    when the connection was lost at COMMIT (CommitUnclearError), the next call finds out from the ledger. The load
    tables of the run are dropped after the commit. Raises PublishRefusedError for a dry run, a failed QC or rows
    that do not belong to the month, SmallerReplacementError, GenerationConflictError when another run changed the
    month since the plan, ReconciliationError when rows do not add up.
    """
    _require_publishable(job)
    key = _change_key(job.plan)
    entry, is_repeat = change_once(
        warehouse, job.plan.table.database, key, lambda: _publish(job, warehouse, clock)
    )
    require_count(warehouse, job.rows, entry, entry.rows_after)
    drop_load_tables(warehouse, job.plan, job.outcome.attempt)
    return receipt_of(entry, is_repeat=is_repeat)


def drop_load_tables(warehouse: Warehouse, plan: MonthPlan, attempts: int) -> None:
    """Drop the load tables of a run's COPY attempts 1 to `attempts`; those already gone are no error."""
    for attempt in range(1, attempts + 1):
        warehouse.query(drop_table(load_table(plan, attempt)))


def _require_publishable(job: PublishJob) -> None:
    if job.plan.is_dry_run:
        raise PublishRefusedError(
            f"{job.plan.feed} {job.plan.month} was planned as a dry run.",
            safe="No row of the target table was touched.",
            next_step="Trigger a run without dry_run to publish the month.",
        )
    if not job.verdict.is_passed:
        raise PublishRefusedError(
            f"{job.plan.feed} {job.plan.month} did not pass quality control.",
            safe="No row of the target table was touched.",
            next_step="Correct the files, then clear this run's tasks from wait_for_files on.",
        )


def _change_key(plan: MonthPlan) -> ChangeKey:
    return ChangeKey(plan.feed, plan.run_key, plan.month, plan.generation + 1)


def _publish(job: PublishJob, warehouse: Warehouse, clock: Clock) -> LedgerEntry:
    plan, database = job.plan, job.plan.table.database
    refuse_by_ledger(job, warehouse, job.outcome.rows_copied)
    columns = column_list(plan, job.config, job.file_names, clock.now())
    if plan.load_mode == "merge":
        require_usable_keys(job, warehouse, columns)
    require_computable(warehouse, job.outcome.load_table, columns.unreadable)
    with transaction(warehouse, job.config.publish.lock_timeout_seconds):
        raised = raise_generation(warehouse, database, plan.feed, plan.month, plan.generation)
        facts = _facts(job, change_month(job, warehouse, columns, raised), clock)
        if job.verdict.profile and plan.load_mode == "replace_month":
            # A profile of files that are a part of the month would be compared with those of whole months.
            append_profile(warehouse, database, facts, job.verdict.profile)
        return append(warehouse, database, facts)


def _facts(job: PublishJob, change: Change, clock: Clock) -> LedgerFacts:
    plan, staged = job.plan, job.staged_files
    return LedgerFacts(
        feed=plan.feed,
        action="publish",
        month=plan.month,
        generation=plan.generation + 1,
        run_key=plan.run_key,
        dag_id=plan.dag_id,
        run_id=plan.run_id,
        actor=plan.actor,
        reason=f"confirmed: {change.confirmed}" if change.confirmed else "",
        table_name=quoted_table(plan.table),
        files=tuple(_ledger_file(file) for file in staged),
        rows_in_files=sum(file.records - file.header_records - file.empty_records for file in staged),
        rows_staged=sum(file.staged_records for file in staged),
        rows_copied=job.outcome.rows_copied,
        rows_before=change.before,
        rows_deleted=change.deleted,
        rows_inserted=change.inserted,
        rows_updated=change.updated,
        rows_rejected=change.rejected,
        load_mode=plan.load_mode,
        compute=canonical_json([use.to_json() for use in job.outcome.compute]) if job.outcome.compute else "",
        qc_mode=plan.qc_mode,
        qc_verdict=_verdict_text((*job.verdict.findings, *job.audited)),
        is_insecure=job.is_insecure,
        query_ids={
            **change.query_ids,
            "copy": job.outcome.query_ids,
            **change_query_ids((*plan.table_changes, *job.verdict.table_changes, *job.outcome.table_changes)),
        },
        started_at=plan.planned_at,
        recorded_at=clock.now(),
        version=__version__,
    )


def _ledger_file(staged: StagedFile) -> LedgerFile:
    return LedgerFile(
        name=staged.file,
        size_bytes=staged.size_bytes,
        fingerprint=staged.fingerprint,
        sha256=staged.sha256,
        records=staged.records,
        rejected_records=staged.rejected_records,
    )


def _verdict_text(findings: Sequence[Finding]) -> str:
    """Say what QC and audit told of the month; warnings by their codes."""
    if not findings:
        return "passed"
    warned = dict.fromkeys(finding.code for finding in findings if finding.severity == "WARNING")
    told = f"; warnings: {', '.join(warned)}" if warned else ""
    return f"passed with {counted(len(findings), 'finding')}{told}"
