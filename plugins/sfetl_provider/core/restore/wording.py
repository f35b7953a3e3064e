"""How a restore's preview reads to the person who approves it."""

from __future__ import annotations

from sfetl_provider.core.errors import RestoreRefusedError
from sfetl_provider.core.plan.names import quoted_table
from sfetl_provider.core.restore.records import RestorePreview


def require_allowed(preview: RestorePreview, *, may_undo_later: bool) -> None:
    """Raise RestoreRefusedError when there is nothing to do, or later changes would be undone unasked."""
    if preview.rows_now == preview.rows_back == 0:
        raise RestoreRefusedError(
            f"{preview.feed} {preview.month} has no rows now and had none before row {preview.undoes}.",
            safe="Nothing was changed.",
            next_step="Check feed and ledger row.",
        )
    if preview.later and not may_undo_later:
        raise RestoreRefusedError(
            f"{preview.feed} {preview.month} was changed again after row {preview.undoes}: "
            f"{' '.join(preview.later)}",
            safe="Nothing was changed.",
            next_step="Undo the newest of them first, or trigger again with undo_later to undo them all.",
        )


def render_restore(preview: RestorePreview) -> str:
    """Give the preview as text."""
    later = "".join(f"\n\nUndone with it: {change}" for change in preview.later)
    return (
        f"**{preview.month}** of {quoted_table(preview.table)} would hold **{preview.rows_back:,} rows** instead "
        f"of {preview.rows_now:,}: what it held before row {preview.undoes} of the ledger.\n\n"
        f"Undone: {preview.undone}{later}"
    )
