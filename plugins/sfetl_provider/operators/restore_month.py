"""Undoing a change of a month: preview, approval, one transaction, report."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseOperator, Context

from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.core.errors import RestoreRefusedError
from sfetl_provider.core.ledger.tables import prepare
from sfetl_provider.core.plan.names import run_key
from sfetl_provider.core.restore.preview import preview_restore
from sfetl_provider.core.restore.records import RestorePreview, RestoreRequest
from sfetl_provider.core.restore.restoration import restore_month
from sfetl_provider.core.restore.wording import render_restore, require_allowed
from sfetl_provider.operators.approval import approver_of, is_approved, nobody
from sfetl_provider.operators.feed_operator import hook_of
from sfetl_provider.operators.task_run import actor_of
from sfetl_provider.settings import find_feed


class RestorePreviewOperator(BaseOperator):
    """Shows what undoing the run's ledger row would bring back; changes nothing in the table."""

    def execute(self, context: Context) -> dict[str, Any]:
        """Return the RestorePreview; raises RestoreRefusedError when it cannot or must not be undone."""
        params = context["params"]
        feed = find_feed(params["feed"])
        with hook_of(feed).open_session() as session:
            prepare(session, feed)
            preview = preview_restore(session, feed, int(params["ledger_row"]))
        self.log.info("%s", render_restore(preview))
        require_allowed(preview, may_undo_later=bool(params["undo_later"]))
        context["ti"].xcom_push(key="text", value=render_restore(preview))
        return preview.to_json()


class RestoreMonthOperator(BaseOperator):
    """Makes the month's rows those before the change, in one transaction, only as previewed and approved.

    `preview` and `approval` are what the tasks before returned. Doing it again changes nothing.
    """

    template_fields = ("preview", "approval")

    def __init__(self, *, preview: Any, approval: Any, **options: Any) -> None:
        super().__init__(**options)
        self.preview = preview
        self.approval = approval

    def execute(self, context: Context) -> dict[str, Any]:
        """Return the RestoreReceipt; refuses when the month changed since the preview."""
        preview = RestorePreview.from_json(self.preview)
        if not is_approved(self.approval):
            raise RestoreRefusedError(
                f"{nobody()} approved undoing row {preview.undoes} of {preview.feed}.",
                safe="Nothing was changed.",
                next_step="Trigger the restore again and approve it under Required Actions.",
            )
        feed = find_feed(preview.feed)
        hook = hook_of(feed)
        request = self._request(context, preview, is_insecure=hook.is_insecure)
        with hook.open_session() as session:
            receipt = restore_month(request, feed, session, SystemClock())
        self.log.info(
            "%s of %s: %d rows brought back in place of %d; ledger row %d.",
            receipt.month,
            receipt.feed,
            receipt.rows_inserted,
            receipt.rows_deleted,
            receipt.ledger_sequence,
        )
        return receipt.to_json()

    def _request(self, context: Context, preview: RestorePreview, *, is_insecure: bool) -> RestoreRequest:
        run = context["dag_run"]
        return RestoreRequest(
            preview=preview,
            dag_id=run.dag_id,
            run_id=run.run_id,
            run_key=run_key(run.dag_id, run.run_id),
            actor=actor_of(context),
            approver=approver_of(self.approval),
            reason=context["params"]["reason"],
            is_insecure=is_insecure,
        )
