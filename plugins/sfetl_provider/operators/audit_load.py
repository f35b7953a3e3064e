"""The checks on the load table, before anything is visible."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from airflow.sdk import Context

from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.core.audit.checks import check_load_table, require_passed
from sfetl_provider.core.audit.job import AuditJob
from sfetl_provider.core.copy_into.outcome import CopyOutcome
from sfetl_provider.core.ledger.month_history import earlier_months
from sfetl_provider.core.plan.month_plan import MonthPlan
from sfetl_provider.core.ports import ExpectationEngine, Warehouse
from sfetl_provider.core.qc.report import QcVerdict
from sfetl_provider.core.stage.joined import staged_files
from sfetl_provider.operators.feed_operator import FeedOperator
from sfetl_provider.operators.finding_log import log_findings
from sfetl_provider.operators.finished_tasks import REFUSED
from sfetl_provider.operators.mapped_results import present


class AuditLoadOperator(FeedOperator):
    """Checks the load table in Snowflake: rows, dates, days, NULLs, and the rows of earlier months.

    With QC mode `snowflake` also own rules and keys; with `file`, that each day has the rows that QC counted.
    """

    template_fields: Collection[str] = ("plan", "staged", "outcome", "verdict")

    def __init__(self, *, staged: Any, outcome: Any, verdict: Any, **options: Any) -> None:
        super().__init__(**options)
        self.staged = staged
        self.outcome = outcome
        self.verdict = verdict

    def execute(self, context: Context) -> dict[str, Any]:
        """Return the AuditReport; raises AuditFailedError with every critical finding."""
        plan = self.month_plan
        with self.open_session() as session:
            job = self._job(plan, session)
            report = check_load_table(job, session, SystemClock(), self._engine() if job.has_suite else None)
        log_findings(self.log, report.findings, report.day_rows)
        if not report.is_passed:
            context["ti"].xcom_push(key=REFUSED, value=report.to_json())
        return require_passed(report, plan).to_json()

    def _engine(self) -> ExpectationEngine:
        # Imported late: Great Expectations takes seconds and 300 MB.
        from sfetl_provider.adapters.gx_engine import GxEngine

        return GxEngine(self.hook.connector_options())

    def _job(self, plan: MonthPlan, session: Warehouse) -> AuditJob:
        months = 0 if plan.qc_mode == "skip" else self.feed.audit.history.months
        return AuditJob(
            plan=plan,
            config=self.feed,
            outcome=CopyOutcome.from_json(self.outcome),
            verdict=QcVerdict.from_json(self.verdict),
            files=len(staged_files(present(self.staged))),
            earlier=earlier_months(session, plan.table.database, plan.feed, plan.month, months),
        )
