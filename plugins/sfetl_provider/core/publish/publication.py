"""Replacing one month of the target by the run's load table, exactly once."""

from __future__ import annotations

from dataclasses import dataclass

from sfetl_provider import __version__
from sfetl_provider.core.audit.month_range import bounds
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.copy_into.outcome import CopyOutcome
from sfetl_provider.core.copy_into.statement import drop_table
from sfetl_provider.core.errors import PublishRefusedError, ReconciliationError
from sfetl_provider.core.ledger.append import append
from sfetl_provider.core.ledger.entry import LedgerEntry, LedgerFacts, LedgerFile
from sfetl_provider.core.ledger.generation import raise_generation
from sfetl_provider.core.ledger.lookup import ChangeKey, find
from sfetl_provider.core.ledger.month_rows import MonthRows, count_rows, delete_rows, require_count
from sfetl_provider.core.ledger.profiles import append_profile
from sfetl_provider.core.ledger.transaction import transaction
from sfetl_provider.core.plan.month_plan import MonthPlan
from sfetl_provider.core.plan.names import load_table, quoted_table
from sfetl_provider.core.ports import Clock, Warehouse
from sfetl_provider.core.publish.receipt import PublishReceipt, receipt_of
from sfetl_provider.core.publish.statements import insert_statement, load_check_statement
from sfetl_provider.core.qc.report import QcVerdict
from sfetl_provider.core.stage.staged_file import StagedFile


@dataclass(frozen=True)
class PublishJob:
    """What to publish, and all that its ledger row has to say."""

    plan: MonthPlan
    config: FeedConfig
    staged_files: tuple[StagedFile, ...]
    outcome: CopyOutcome
    verdict: QcVerdict

    @property
    def rows(self) -> MonthRows:
        """The month's rows in the target."""
        return MonthRows(self.plan.table, self.config.date.column, self.plan.month_value)


@dataclass(frozen=True)
class _Change:
    """What the transaction did before it wrote its ledger row."""

    rows_before: int
    rows_inserted: int
    query_ids: dict[str, str]


def publish_month(job: PublishJob, warehouse: Warehouse, clock: Clock) -> PublishReceipt:
    """Replace the month in the target by the load table's rows, in one transaction with the ledger row.

    Idempotent: a run that has published gets its receipt back. After any failure the table is as it was, or,
    when the connection was lost at COMMIT (CommitUnclearError), the next call finds out from the ledger. The load
    tables of the run are dropped after the commit. Raises PublishRefusedError for a dry run, a failed QC or rows
    that do not belong to the month, GenerationConflictError when another run changed the month since the
    plan, ReconciliationError when rows do not add up.
    """
    _require_publishable(job)
    entry = find(warehouse, job.plan.table.database, _change_key(job.plan))
    is_repeat = entry is not None
    if entry is None:
        entry = _publish(job, warehouse, clock)
    require_count(warehouse, job.rows, entry, entry.rows_inserted)
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
            safe="The target table was not touched.",
            next_step="Trigger a run without dry_run to publish the month.",
        )
    if not job.verdict.is_passed:
        raise PublishRefusedError(
            f"{job.plan.feed} {job.plan.month} did not pass quality control.",
            safe="The target table was not touched.",
            next_step="Correct the files, then clear this run's tasks from wait_for_files on.",
        )


def _change_key(plan: MonthPlan) -> ChangeKey:
    return ChangeKey(plan.feed, plan.run_key, plan.month, plan.generation + 1)


def _publish(job: PublishJob, warehouse: Warehouse, clock: Clock) -> LedgerEntry:
    plan, database = job.plan, job.plan.table.database
    with transaction(warehouse, job.config.publish.lock_timeout_seconds):
        raised = raise_generation(warehouse, database, plan.feed, plan.month, plan.generation)
        change = _replace(job, warehouse, raised)
        facts = _facts(job, change, clock)
        if job.verdict.profile:
            append_profile(warehouse, database, facts, job.verdict.profile)
        return append(warehouse, database, facts)


def _replace(job: PublishJob, warehouse: Warehouse, raised: str) -> _Change:
    checked = _check_load_table(job, warehouse)
    query_ids = {"raise_generation": raised, "check": checked}
    before = count_rows(warehouse, job.rows)
    if before:
        # A DELETE that finds nothing would still scan the table while it holds the lock.
        query_ids["delete"] = delete_rows(warehouse, job.rows, before)
    query_ids["insert"] = _insert(job, warehouse)
    return _Change(rows_before=before, rows_inserted=job.outcome.rows_copied, query_ids=query_ids)


def _check_load_table(job: PublishJob, warehouse: Warehouse) -> str:
    statement = load_check_statement(job.outcome.load_table, job.config.date.column)
    result = warehouse.query(statement, bounds(job.plan.month_value))
    ((rows, misplaced),) = ((int(str(total)), int(str(wrong))) for total, wrong in result.rows)
    if rows == job.outcome.rows_copied and not misplaced:
        return result.query_id
    raise PublishRefusedError(
        f"The load table of {job.plan.feed} {job.plan.month} holds {rows} rows ({job.outcome.rows_copied} were "
        f"copied), {misplaced} of them without a date in the month.",
        safe="The transaction is rolled back: the target table is as it was.",
        next_step="Correct the files and clear this run's tasks from wait_for_files on, or clear task copy.",
    )


def _insert(job: PublishJob, warehouse: Warehouse) -> str:
    result = warehouse.query(insert_statement(job.plan.table, job.outcome.load_table, job.config))
    if result.row_count == job.outcome.rows_copied:
        return result.query_id
    raise ReconciliationError(
        f"INSERT wrote {result.row_count} rows into {quoted_table(job.plan.table)}, "
        f"{job.outcome.rows_copied} were copied.",
        safe="The transaction is rolled back: the target table is as it was.",
        next_step="Clear task copy with its downstream tasks: it fills a new load table.",
        stage="publish",
    )


def _facts(job: PublishJob, change: _Change, clock: Clock) -> LedgerFacts:
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
        table_name=quoted_table(plan.table),
        files=tuple(_ledger_file(file) for file in staged),
        rows_in_files=sum(file.records - file.header_records - file.empty_records for file in staged),
        rows_staged=sum(file.staged_records for file in staged),
        rows_copied=job.outcome.rows_copied,
        rows_before=change.rows_before,
        rows_deleted=change.rows_before,
        rows_inserted=change.rows_inserted,
        qc_mode=plan.qc_mode,
        qc_verdict=_verdict_text(job.verdict),
        query_ids={**change.query_ids, "copy": job.outcome.query_ids},
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


def _verdict_text(verdict: QcVerdict) -> str:
    return f"passed with {len(verdict.findings)} findings" if verdict.findings else "passed"
