"""Deleting a month: preview, approval, one transaction, report."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator, Context

from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.core.drop.deletion import drop_month
from sfetl_provider.core.drop.preview import preview_month
from sfetl_provider.core.drop.records import DropPreview, DropRequest
from sfetl_provider.core.drop.wording import render_preview, require_rows
from sfetl_provider.core.errors import DropRefusedError
from sfetl_provider.core.ledger.tables import prepare
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.names import run_key
from sfetl_provider.operators.approval import approver_of, is_approved
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
        if not is_approved(self.approval):
            raise DropRefusedError(
                f"Nobody approved deleting {preview.month} of {preview.feed}.",
                safe="Nothing was deleted.",
                next_step="Trigger the drop again and approve it under Required Actions.",
            )

    def _request(self, context: Context, preview: DropPreview) -> DropRequest:
        run = context["dag_run"]
        return DropRequest(
            feed=preview.feed,
            month=preview.month,
            generation=preview.generation,
            rows=preview.rows,
            dag_id=run.dag_id,
            run_id=run.run_id,
            run_key=run_key(run.dag_id, run.run_id),
            actor=actor_of(context),
            approver=approver_of(self.approval),
            reason=context["params"]["reason"],
        )
