"""The DAG that undoes a drop or a publication of a month, after a preview and an approval."""

from __future__ import annotations

from collections.abc import Sequence

from airflow.sdk import DAG, Param

from sfetl_provider.dag_factory.feed_dag import task_defaults
from sfetl_provider.dag_factory.form import dry_run_param, feed_param, reason_param
from sfetl_provider.operators.approval import PreviewApprovalOperator
from sfetl_provider.operators.restore_month import RestoreMonthOperator, RestorePreviewOperator
from sfetl_provider.operators.run_report import RestoreReportOperator

DAG_ID = "restore_month"


def build_restore_dag(feeds: Sequence[str]) -> DAG:
    """Give the DAG restore_month; `feeds` are the names offered in its form."""
    with DAG(
        dag_id=DAG_ID,
        description="Undoes a drop or a publication by its ledger row: preview, approval, one transaction",
        schedule=None,
        catchup=False,
        default_args=task_defaults(retries=3, retry_delay_seconds=30),
        params=_params(feeds),
        tags=["sfetl", "restore"],
        doc_md=_DOCUMENTATION,
        render_template_as_native_obj=True,
    ) as dag:
        preview = RestorePreviewOperator(task_id="preview")
        approve = PreviewApprovalOperator(
            task_id="approve", subject="Undo row {{ params.ledger_row }} of {{ params.feed }}?"
        )
        restore = RestoreMonthOperator(task_id="restore", preview=preview.output, approval=approve.output)
        # A teardown runs whatever happened and does not count for the run's state.
        report = RestoreReportOperator(task_id="report").as_teardown()
        preview >> approve >> restore >> report
    return dag


def _params(feeds: Sequence[str]) -> dict[str, Param]:
    return {
        "feed": feed_param(feeds),
        "ledger_row": Param(
            None,
            type="integer",
            minimum=1,
            title="Ledger row",
            description="Of the drop or publication to be undone; its run's report names it",
        ),
        "undo_later": Param(
            False,
            type="boolean",
            title="Undo later changes too",
            description="When the month was changed again since",
        ),
        "reason": reason_param(),
        "dry_run": dry_run_param("Only show what would be brought back"),
    }


_DOCUMENTATION = """
Makes a month what it was before a drop or a publication, named by its ledger row.

1. **preview** looks with Time Travel at the table before that change and counts; with *dry run* (the default) the
   run ends there.
2. **approve** waits for a person (Required Actions). Reject leaves everything as it was.
3. **restore** replaces the month's rows and writes the ledger row in one transaction; it refuses when the month
   has changed since the preview.
"""
