"""The checks on the load table, before anything is visible."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from airflow.sdk import Context

from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.core.audit.checks import AuditJob, check_load_table, require_passed
from sfetl_provider.core.copy_into.outcome import CopyOutcome
from sfetl_provider.operators.feed_operator import FeedOperator
from sfetl_provider.operators.finding_log import log_findings


class AuditLoadOperator(FeedOperator):
    """Checks the load table in Snowflake: rows, dates, NULLs, and with QC mode `snowflake` the days."""

    template_fields: Collection[str] = ("plan", "outcome")

    def __init__(self, *, outcome: Any, **options: Any) -> None:
        super().__init__(**options)
        self.outcome = outcome

    def execute(self, context: Context) -> dict[str, Any]:
        """Return the AuditReport; raises AuditFailedError with every critical finding."""
        plan = self.month_plan
        job = AuditJob(plan=plan, config=self.feed, outcome=CopyOutcome.from_json(self.outcome))
        with self.open_session() as session:
            report = check_load_table(job, session, SystemClock())
        log_findings(self.log, report.findings, report.day_rows)
        return require_passed(report, plan).to_json()
