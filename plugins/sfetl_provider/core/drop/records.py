"""What a drop shows before, is asked to do, and has done."""

from __future__ import annotations

from datetime import date, datetime

from sfetl_provider.core.ledger.entry import LedgerEntry, QueryIds
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.record import Record


class DropPreview(Record):
    """What deleting a month would remove; dates and sample rows as text, NULL as an empty text.

    `share` is the month's part of all rows, 0 to 1. `generation` is the month's as seen now: the drop
    requires it to be unchanged. `last_change` says in a sentence what the ledger recorded last. `reach_days` is
    how long Time Travel could undo the drop; where that is too short, `keep_until` is the last day of the clone
    that the drop will take.
    """

    feed: str
    month: str
    table: TableName
    columns: tuple[str, ...]
    rows: int
    total_rows: int
    share: float
    first: str
    last: str
    sample: tuple[tuple[str, ...], ...]
    generation: int
    last_change: str
    reach_days: int
    keep_until: date | None


class DropRequest(Record):
    """A drop that was previewed and approved; `rows`, `generation` and `keep_until` are the preview's.

    `is_insecure`: its connection verifies no certificate.
    """

    feed: str
    month: str
    generation: int
    rows: int
    keep_until: date | None
    dag_id: str
    run_id: str
    run_key: str
    actor: str
    approver: str
    reason: str
    is_insecure: bool = False


class DropReceipt(Record):
    """A month that is no longer in the table, as its ledger row says.

    `delete_query_id` is what Time Travel needs to bring the rows back, `kept_table` the name of the clone taken
    before, if any. `is_repeat`: this run had dropped it
    before, and this time nothing was changed.
    """

    feed: str
    month: str
    run_key: str
    generation: int
    ledger_sequence: int
    ledger_hash: str
    rows_deleted: int
    delete_query_id: str
    kept_table: str
    query_ids: QueryIds
    dropped_at: datetime
    is_repeat: bool
    is_insecure: bool = False


def receipt_of(entry: LedgerEntry, *, is_repeat: bool) -> DropReceipt:
    """Give the receipt that a ledger row stands for."""
    return DropReceipt(
        feed=entry.feed,
        month=entry.month,
        run_key=entry.run_key,
        generation=entry.generation,
        ledger_sequence=entry.sequence,
        ledger_hash=entry.hash,
        rows_deleted=entry.rows_deleted,
        delete_query_id=str(entry.query_ids["delete"]),
        kept_table=entry.kept_table,
        query_ids=entry.query_ids,
        dropped_at=entry.recorded_at,
        is_repeat=is_repeat,
        is_insecure=entry.is_insecure,
    )
