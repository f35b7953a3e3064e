"""Deleting months: preview, approval, a transaction a month, report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from airflow.sdk import BaseOperator, Context

from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.core.drop.deletion import drop_month
from sfetl_provider.core.drop.preview import Recovery, preview_month
from sfetl_provider.core.drop.records import DropPreview, DropRequest
from sfetl_provider.core.drop.wording import render_previews, require_any_rows, require_typed
from sfetl_provider.core.errors import DropRefusedError
from sfetl_provider.core.ledger.tables import prepare
from sfetl_provider.core.plan.fiscal_month import month_of
from sfetl_provider.core.plan.month_list import read_months
from sfetl_provider.core.plan.names import run_key
from sfetl_provider.operators.approval import (
    PreviewApprovalOperator,
    approver_of,
    is_approved,
    nobody,
    typed_text,
)
from sfetl_provider.operators.feed_operator import hook_of
from sfetl_provider.operators.task_run import actor_of
from sfetl_provider.settings import find_feed


class DropPreviewOperator(BaseOperator):
    """Counts and shows what deleting the run's months would remove; changes nothing in the tables."""

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """Return a DropPreview for each feed and month that has rows; raises DropRefusedError when none has."""
        previews = tuple(self._previews(context))
        text = render_previews(previews)
        self.log.info("%s", text)
        found = require_any_rows(previews)
        context["ti"].xcom_push(key="text", value=text)
        return [preview.to_json() for preview in found]

    def _previews(self, context: Context) -> Iterator[DropPreview]:
        params = context["params"]
        today = SystemClock().now().date()
        months = read_months(params["months"], today)
        recovery = Recovery(days=int(params["recoverable_days"]), today=today)
        for feed in map(find_feed, params["feeds"]):
            with hook_of(feed).open_session() as session:
                prepare(session, feed)
                yield from (preview_month(session, feed, month_of(feed, month), recovery) for month in months)


class DropApprovalOperator(PreviewApprovalOperator):
    """Waits until a person has typed the months into field `typed_months` and approved.

    Anything else typed fails, and nothing is deleted.
    """

    typed_name = "typed_months"

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Take the answer; raises DropRefusedError when an approval names other months."""
        answer = super().execute_complete(context, event)
        if is_approved(answer):
            previews = context["ti"].xcom_pull(task_ids=self.preview_task_id)
            _require_typed(answer, previews)
        return answer


class DropMonthOperator(BaseOperator):
    """Deletes a month in one transaction with its ledger row, only as previewed and approved.

    `preview` is one of `previews`, which with `approval` the tasks before returned. Doing it again changes
    nothing.
    """

    template_fields = ("preview", "previews", "approval")

    def __init__(self, *, preview: Any, previews: Any, approval: Any, **options: Any) -> None:
        super().__init__(**options)
        self.preview = preview
        self.previews = previews
        self.approval = approval

    def execute(self, context: Context) -> dict[str, Any]:
        """Return the DropReceipt; refuses when the month changed since the preview."""
        preview = DropPreview.from_json(self.preview)
        context["month_name"] = f"{preview.feed} {preview.month}"  # type: ignore[typeddict-unknown-key]
        self._require_approval(preview)
        feed = find_feed(preview.feed)
        hook = hook_of(feed)
        request = self._request(context, preview, is_insecure=hook.is_insecure)
        with hook.open_session() as session:
            receipt = drop_month(request, feed, session, SystemClock())
        self.log.info(
            "%s of %s: %d rows deleted; ledger row %d.%s",
            receipt.month,
            receipt.feed,
            receipt.rows_deleted,
            receipt.ledger_sequence,
            f" The table as it was is kept as {receipt.kept_table}." if receipt.kept_table else "",
        )
        return receipt.to_json()

    def _require_approval(self, preview: DropPreview) -> None:
        """Check in code what the graph only arranges: nothing is deleted without an approval."""
        if not is_approved(self.approval):
            raise DropRefusedError(
                f"{nobody()} approved deleting {preview.month} of {preview.feed}.",
                safe="Nothing was deleted.",
                next_step="Trigger the drop again and approve it under Required Actions.",
            )
        _require_typed(self.approval, self.previews)

    def _request(self, context: Context, preview: DropPreview, *, is_insecure: bool) -> DropRequest:
        run = context["dag_run"]
        return DropRequest(
            feed=preview.feed,
            month=preview.month,
            generation=preview.generation,
            rows=preview.rows,
            keep_until=preview.keep_until,
            dag_id=run.dag_id,
            run_id=run.run_id,
            run_key=run_key(run.dag_id, run.run_id),
            actor=actor_of(context),
            approver=approver_of(self.approval),
            reason=context["params"]["reason"],
            is_insecure=is_insecure,
        )


def _require_typed(approval: Any, previews: Any) -> None:
    read = [DropPreview.from_json(preview) for preview in previews]
    require_typed(typed_text(approval, DropApprovalOperator.typed_name), read, SystemClock().now().date())
