"""The DAG that deletes one month of one feed, after a preview and an approval."""

from __future__ import annotations

from collections.abc import Sequence

from airflow.sdk import DAG, Param

from sfetl_provider.dag_factory.feed_dag import task_defaults
from sfetl_provider.dag_factory.form import dry_run_param, feed_param, reason_param
from sfetl_provider.operators.approval import PreviewApprovalOperator
from sfetl_provider.operators.drop_month import DropMonthOperator, DropPreviewOperator
from sfetl_provider.operators.run_report import DropReportOperator

DAG_ID = "drop_month"


def build_drop_dag(feeds: Sequence[str]) -> DAG:
    """Give the DAG drop_month; `feeds` are the names offered in its form."""
    with DAG(
        dag_id=DAG_ID,
        description="Deletes one month of one feed: preview, approval, one transaction with its ledger row",
        schedule=None,
        catchup=False,
        default_args=task_defaults(retries=3, retry_delay_seconds=30),
        params=_params(feeds),
        tags=["sfetl", "delete"],
        doc_md=_DOCUMENTATION,
        render_template_as_native_obj=True,
    ) as dag:
        preview = DropPreviewOperator(task_id="preview")
        approve = PreviewApprovalOperator(
            task_id="approve", subject="Delete {{ params.month }} of {{ params.feed }}?"
        )
        drop = DropMonthOperator(task_id="drop", preview=preview.output, approval=approve.output)
        # A teardown runs whatever happened and does not count for the run's state.
        report = DropReportOperator(task_id="report").as_teardown()
        preview >> approve >> drop >> report
    return dag


def _params(feeds: Sequence[str]) -> dict[str, Param]:
    return {
        "feed": feed_param(feeds),
        "month": Param(None, type="string", title="Month", description="2024-01, 202401 or 012024"),
        "reason": reason_param(),
        "dry_run": dry_run_param("Only show what would be deleted"),
    }


_DOCUMENTATION = """
Deletes one month of one feed's table.

1. **preview** counts and shows what would go; with *dry run* (the default) the run ends there.
2. **approve** waits for a person (Required Actions). Reject leaves everything as it was.
3. **drop** deletes and writes the ledger row in one transaction; it refuses when the month has changed
   since the preview.
"""
