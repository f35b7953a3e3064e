"""What a restore shows before, is asked to do, and has done."""

from __future__ import annotations

from datetime import datetime

from sfetl_provider.core.ledger.entry import LedgerEntry, QueryIds
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.record import Record


class Past(Record):
    """Where a month's earlier rows are: Time Travel before the query `statement_id`, or a clone if one was kept.

    `kept_table` is the clone's name in schema SFETL, or ''.
    """

    statement_id: str
    kept_table: str = ""


class RestorePreview(Record):
    """What undoing a ledger row would do: the month's rows become those before that change.

    `undoes` is the row's sequence number and `undone` says in a sentence what it recorded. `past` is None when
    the month had no rows then. `columns` are the table's, as they were then. `rows_now` are replaced by
    `rows_back`. `later` names, in sentences, the changes of the month after the one undone: they are undone with
    it. `generation` is the month's as seen now.
    """

    feed: str
    month: str
    table: TableName
    undoes: int
    undone: str
    past: Past | None
    columns: tuple[str, ...]
    rows_now: int
    rows_back: int
    later: tuple[str, ...]
    generation: int


class RestoreRequest(Record):
    """A restore that was previewed and approved; `is_insecure`: its connection verifies no certificate."""

    preview: RestorePreview
    dag_id: str
    run_id: str
    run_key: str
    actor: str
    approver: str
    reason: str
    is_insecure: bool = False


class RestoreReceipt(Record):
    """A month as it was before a change, as the restore's ledger row says.

    `is_repeat`: this run had restored it before, and this time nothing was changed.
    """

    feed: str
    month: str
    run_key: str
    generation: int
    undoes: int
    ledger_sequence: int
    ledger_hash: str
    rows_deleted: int
    rows_inserted: int
    query_ids: QueryIds
    restored_at: datetime
    is_repeat: bool
    is_insecure: bool = False


def receipt_of(entry: LedgerEntry, *, is_repeat: bool) -> RestoreReceipt:
    """Give the receipt that a ledger row stands for."""
    return RestoreReceipt(
        feed=entry.feed,
        month=entry.month,
        run_key=entry.run_key,
        generation=entry.generation,
        undoes=entry.undoes,
        ledger_sequence=entry.sequence,
        ledger_hash=entry.hash,
        rows_deleted=entry.rows_deleted,
        rows_inserted=entry.rows_inserted,
        query_ids=entry.query_ids,
        restored_at=entry.recorded_at,
        is_repeat=is_repeat,
        is_insecure=entry.is_insecure,
    )
