"""The DAG that deletes months of feeds, after a preview and an approval."""

from __future__ import annotations

from collections.abc import Sequence

from airflow.sdk import DAG, Param

from sfetl_provider.dag_factory.feed_dag import task_defaults
from sfetl_provider.dag_factory.form import dry_run_param, reason_param
from sfetl_provider.operators.drop_month import DropApprovalOperator, DropMonthOperator, DropPreviewOperator
from sfetl_provider.operators.run_report import DropReportOperator

DAG_ID = "drop_month"


def build_drop_dag(feeds: Sequence[str]) -> DAG:
    """Give the DAG drop_month; `feeds` are the names offered in its form."""
    with DAG(
        dag_id=DAG_ID,
        description="Deletes months: preview, approval, a transaction with its ledger row for each",
        schedule=None,
        catchup=False,
        default_args=task_defaults(retries=3, retry_delay_seconds=30),
        params=_params(feeds),
        tags=["sfetl", "delete"],
        doc_md=_DOCUMENTATION,
        render_template_as_native_obj=True,
    ) as dag:
        preview = DropPreviewOperator(task_id="preview")
        approve = DropApprovalOperator(
            task_id="approve",
            subject="Delete {{ params.months }} of {{ params.feeds | join(', ') }}?",
            # Not named as the run's parameter, whose value would fill the field in beforehand.
            params={
                DropApprovalOperator.typed_name: Param(
                    "", type="string", title="To approve, type the months to be deleted"
                )
            },
        )
        drop = DropMonthOperator.partial(
            task_id="drop",
            previews=preview.output,
            approval=approve.output,
            map_index_template="{{ month_name }}",
        ).expand(preview=preview.output)
        # A teardown runs whatever happened and does not count for the run's state.
        report = DropReportOperator(task_id="report").as_teardown()
        preview >> approve >> drop >> report
    return dag


def _params(feeds: Sequence[str]) -> dict[str, Param]:
    return {
        "feeds": Param(
            [feeds[0]] if len(feeds) == 1 else None,
            type="array",
            items={"type": "string", "enum": list(feeds)} if feeds else {"type": "string"},
            examples=list(feeds),
            minItems=1,
            title="Feeds",
            description="Whose months",
        ),
        "months": Param(
            None, type="string", title="Months", description="As 2024-01 or 2024-01, 2024-03..2024-05"
        ),
        "recoverable_days": Param(
            7,
            type="integer",
            minimum=0,
            maximum=90,
            title="Recoverable for days",
            description="A clone of the table is kept for so long when Time Travel does not reach that far",
        ),
        "reason": reason_param(),
        "dry_run": dry_run_param("Only show what would be deleted"),
    }


_DOCUMENTATION = """
Deletes months of feeds' tables.

1. **preview** counts and shows what would go; with *dry run* (the default) the run ends there.
2. **approve** waits for a person (Required Actions), who types the months again. Reject leaves everything as it
   was; so
   does no answer within three days.
3. **drop** deletes each month and writes its ledger row in one transaction; it refuses when the month has
   changed since
   the preview. Before that it keeps a clone of the table when Time Travel does not reach far enough.

`restore_month` brings a month back.
"""
