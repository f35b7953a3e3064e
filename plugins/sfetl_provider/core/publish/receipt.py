"""What a publication changed."""

from __future__ import annotations

from datetime import datetime

from sfetl_provider.core.compute.use import ComputeUse
from sfetl_provider.core.ledger.entry import LedgerEntry, QueryIds
from sfetl_provider.core.record import Record


class PublishReceipt(Record):
    """A month that is in the target exactly once, as its ledger row says.

    `generation` is the month's after the publication; `rows_rejected` are kept in SFETL.REJECTED_ROWS.
    `is_repeat`: this run had published it before, and this time nothing was changed. `reason` says what a
    person had to confirm, and is empty when nothing. `compute` is what its statements took, where that is known.
    """

    feed: str
    month: str
    run_key: str
    generation: int
    ledger_sequence: int
    ledger_hash: str
    rows_before: int
    rows_deleted: int
    rows_inserted: int
    rows_updated: int
    rows_rejected: int
    load_mode: str
    query_ids: QueryIds
    reason: str
    published_at: datetime
    is_repeat: bool
    compute: tuple[ComputeUse, ...] = ()
    is_insecure: bool = False


def receipt_of(entry: LedgerEntry, *, is_repeat: bool) -> PublishReceipt:
    """Give the receipt that a ledger row stands for."""
    return PublishReceipt(
        feed=entry.feed,
        month=entry.month,
        run_key=entry.run_key,
        generation=entry.generation,
        ledger_sequence=entry.sequence,
        ledger_hash=entry.hash,
        rows_before=entry.rows_before,
        rows_deleted=entry.rows_deleted,
        rows_inserted=entry.rows_inserted,
        rows_updated=entry.rows_updated,
        rows_rejected=entry.rows_rejected,
        load_mode=entry.load_mode,
        query_ids=entry.query_ids,
        reason=entry.reason,
        published_at=entry.recorded_at,
        is_repeat=is_repeat,
        is_insecure=entry.is_insecure,
    )


def statement_ids(receipt: PublishReceipt) -> tuple[str, ...]:
    """Give the query ids of the publication itself, without those of COPY before it."""
    own = [ids for step, ids in receipt.query_ids.items() if step != "copy"]
    return tuple(query_id for ids in own for query_id in ([ids] if isinstance(ids, str) else ids))
