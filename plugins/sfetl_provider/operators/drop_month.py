"""Deleting a month: preview, approval, one transaction, report."""

from __future__ import annotations

from typing import Any

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowSkipException

from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.core.drop.deletion import drop_month
from sfetl_provider.core.drop.preview import preview_month
from sfetl_provider.core.drop.records import DropPreview, DropRequest
from sfetl_provider.core.drop.wording import render_preview, require_rows
from sfetl_provider.core.errors import DropRefusedError
from sfetl_provider.core.ledger.tables import prepare
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.names import run_key
from sfetl_provider.operators.feed_operator import hook_of
from sfetl_provider.operators.task_run import actor_of
from sfetl_provider.settings import find_feed


class DropPreviewOperator(BaseOperator):
    """Counts and shows what deleting the run's month would remove; changes nothing in the table."""

    def execute(self, context: Context) -> dict[str, Any]:
        """Return the DropPreview; raises DropRefusedError when the month has no rows."""
        params = context["params"]
        feed = find_feed(params["feed"])
        month = Month.parse(params["month"], SystemClock().now().date())
        with hook_of(feed).open_session() as session:
            prepare(session, feed)
            preview = preview_month(session, feed, month)
        self.log.info("%s", render_preview(preview))
        require_rows(preview)
        context["ti"].xcom_push(key="text", value=render_preview(preview))
        return preview.to_json()


class DropApprovalOperator(ApprovalOperator):
    """Waits for a person to approve what the preview showed; a dry run ends here, skipped."""

    def __init__(self, *, preview_task_id: str = "preview", **options: Any) -> None:
        super().__init__(
            subject="Delete {{ params.month }} of {{ params.feed }}?",
            body=f"{{{{ ti.xcom_pull(task_ids='{preview_task_id}', key='text') }}}}",
            **options,
        )

    def execute(self, context: Context) -> Any:
        """Ask; Approve and Reject come through Airflow's Required Actions."""
        if context["params"]["dry_run"]:
            raise AirflowSkipException("Dry run: nothing is deleted")
        return super().execute(context)


class DropMonthOperator(BaseOperator):
    """Deletes the month in one transaction with its ledger row, only as previewed and approved.

    `preview` and `approval` are what the tasks before returned. Doing it again changes nothing.
    """

    template_fields = ("preview", "approval")

    def __init__(self, *, preview: Any, approval: Any, **options: Any) -> None:
        super().__init__(**options)
        self.preview = preview
        self.approval = approval

    def execute(self, context: Context) -> dict[str, Any]:
        """Return the DropReceipt; refuses when the month changed since the preview."""
        preview = DropPreview.from_json(self.preview)
        self._require_approval(preview)
        request = self._request(context, preview)
        feed = find_feed(preview.feed)
        with hook_of(feed).open_session() as session:
            receipt = drop_month(request, feed, session, SystemClock())
        self.log.info(
            "%s of %s: %d rows deleted; ledger row %d.",
            receipt.month,
            receipt.feed,
            receipt.rows_deleted,
            receipt.ledger_sequence,
        )
        return receipt.to_json()

    def _require_approval(self, preview: DropPreview) -> None:
        """Check in code what the graph only arranges: nothing is deleted without an approval."""
        if (self.approval or {}).get("chosen_options") != [ApprovalOperator.APPROVE]:
            raise DropRefusedError(
                f"Nobody approved deleting {preview.month} of {preview.feed}.",
                safe="Nothing was deleted.",
                next_step="Trigger the drop again and approve it under Required Actions.",
            )

    def _request(self, context: Context, preview: DropPreview) -> DropRequest:
        run = context["dag_run"]
        responder = (self.approval or {}).get("responded_by_user") or {}
        return DropRequest(
            feed=preview.feed,
            month=preview.month,
            generation=preview.generation,
            rows=preview.rows,
            dag_id=run.dag_id,
            run_id=run.run_id,
            run_key=run_key(run.dag_id, run.run_id),
            actor=actor_of(context),
            approver=str(responder.get("name") or responder.get("id") or "unknown"),
            reason=context["params"]["reason"],
        )
