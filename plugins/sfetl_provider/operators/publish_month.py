"""The one step that changes the target table."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from airflow.sdk import Context

from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.core.audit.report import AuditReport
from sfetl_provider.core.copy_into.outcome import CopyOutcome
from sfetl_provider.core.plan.names import quoted_table
from sfetl_provider.core.publish.job import PublishJob
from sfetl_provider.core.publish.publication import publish_month
from sfetl_provider.core.publish.receipt import statement_ids
from sfetl_provider.core.qc.report import QcVerdict
from sfetl_provider.core.stage.agreement import with_qc_hashes
from sfetl_provider.core.stage.joined import staged_files
from sfetl_provider.operators.feed_operator import FeedOperator
from sfetl_provider.operators.mapped_results import present


class PublishMonthOperator(FeedOperator):
    """Brings the audited load table into the month of the target, in one transaction with its ledger row.

    Doing it again changes nothing: the ledger knows what this run has published. It holds a worker slot
    while it runs, because a transaction belongs to one session.
    """

    template_fields: Collection[str] = ("plan", "staged", "outcome", "verdict", "audit")

    def __init__(self, *, staged: Any, outcome: Any, verdict: Any, audit: Any, **options: Any) -> None:
        super().__init__(**options)
        self.staged = staged
        self.outcome = outcome
        self.verdict = verdict
        self.audit = audit

    def execute(self, context: Context) -> dict[str, Any]:
        """Return the PublishReceipt; raises GenerationConflictError when another run came first."""
        verdict = QcVerdict.from_json(self.verdict)
        job = PublishJob(
            plan=self.month_plan,
            config=self.feed,
            staged_files=with_qc_hashes(staged_files(present(self.staged)), verdict),
            outcome=CopyOutcome.from_json(self.outcome),
            verdict=verdict,
            audited=AuditReport.from_json(self.audit).findings,
            is_insecure=self.month_plan.is_insecure or self.hook.is_insecure,
        )
        self.log.info(
            "Publishing %s rows of %s into %s by %s, in one transaction; it waits up to %d s for another change of"
            " the feed, also for one whose worker died.",
            f"{job.outcome.rows_copied:,}",
            job.outcome.load_table.name,
            quoted_table(job.plan.table),
            job.plan.load_mode,
            self.feed.publish.lock_timeout_seconds,
        )
        with self.open_session() as session:
            receipt = publish_month(job, session, SystemClock())
            compute = self.read_compute(session, statement_ids(receipt))
        self.log.info(
            "%s of %s by %s: rows inserted %d, updated %d, deleted %d, rejected %d; generation %d, row %d%s.",
            receipt.month,
            receipt.feed,
            receipt.load_mode,
            receipt.rows_inserted,
            receipt.rows_updated,
            receipt.rows_deleted,
            receipt.rows_rejected,
            receipt.generation,
            receipt.ledger_sequence,
            " of the ledger (published before by this run)" if receipt.is_repeat else " of the ledger",
        )
        return receipt.model_copy(update={"compute": compute}).to_json()
