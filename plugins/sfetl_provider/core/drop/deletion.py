"""Deleting one month of the target, exactly once and only as previewed."""

from __future__ import annotations

from sfetl_provider import __version__
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.drop.records import DropReceipt, DropRequest, receipt_of
from sfetl_provider.core.drop.recovery import take_clone
from sfetl_provider.core.errors import DropRefusedError
from sfetl_provider.core.ledger.append import append
from sfetl_provider.core.ledger.change import change_once
from sfetl_provider.core.ledger.entry import LedgerEntry, LedgerFacts
from sfetl_provider.core.ledger.generation import raise_generation
from sfetl_provider.core.ledger.lookup import ChangeKey
from sfetl_provider.core.ledger.month_rows import (
    MonthRows,
    count_rows,
    delete_rows,
    feed_month,
    require_count,
)
from sfetl_provider.core.ledger.transaction import transaction
from sfetl_provider.core.plan.names import kept_table, quoted_table
from sfetl_provider.core.ports import Clock, Warehouse


def drop_month(request: DropRequest, config: FeedConfig, warehouse: Warehouse, clock: Clock) -> DropReceipt:
    """Delete the month's rows in one transaction with the ledger row; a clone is taken before where one is needed.

    Idempotent: a run that has dropped the month gets its receipt back. After any failure the table is as it
    was, or, when the connection was lost at COMMIT (CommitUnclearError), the next call finds out from the
    ledger. Raises DropRefusedError for an empty month or another number of rows than previewed,
    GenerationConflictError when another run changed the month since the preview.
    """
    rows = feed_month(config, request.month)
    key = ChangeKey(request.feed, request.run_key, request.month, request.generation + 1)
    entry, is_repeat = change_once(
        warehouse, rows.table.database, key, lambda: _drop(request, config, warehouse, clock)
    )
    require_count(warehouse, rows, entry, 0)
    return receipt_of(entry, is_repeat=is_repeat)


def _drop(request: DropRequest, config: FeedConfig, warehouse: Warehouse, clock: Clock) -> LedgerEntry:
    rows = feed_month(config, request.month)
    database = rows.table.database
    # DDL would commit an open transaction, so the clone comes before it.
    kept = _keep(request, rows, warehouse)
    with transaction(warehouse, config.publish.lock_timeout_seconds):
        raised = raise_generation(warehouse, database, request.feed, request.month, request.generation)
        _require_previewed(request, count_rows(warehouse, rows))
        deleted = delete_rows(warehouse, rows, request.rows)
        query_ids = {"raise_generation": raised, "delete": deleted}
        return append(warehouse, database, _facts(request, rows, query_ids, clock, kept))


def _keep(request: DropRequest, rows: MonthRows, warehouse: Warehouse) -> str:
    if request.keep_until is None:
        return ""
    clone = kept_table(rows.table.database, request.feed, request.month, request.run_key, request.keep_until)
    take_clone(warehouse, rows, clone, request.rows)
    return clone.name


def _require_previewed(request: DropRequest, counted: int) -> None:
    if counted == 0:
        raise DropRefusedError(
            f"{request.feed} {request.month} has no rows, so there is nothing to drop.",
            safe="Nothing was changed.",
            next_step="Check month and feed.",
        )
    if counted != request.rows:
        raise DropRefusedError(
            f"{request.feed} {request.month} holds {counted} rows, the approved preview showed {request.rows}.",
            safe="The transaction is rolled back: the table is as it was.",
            next_step="Trigger the drop again for a new preview and approval.",
        )


def _facts(
    request: DropRequest, rows: MonthRows, query_ids: dict[str, str], clock: Clock, kept: str
) -> LedgerFacts:
    return LedgerFacts(
        feed=request.feed,
        action="drop",
        month=request.month,
        generation=request.generation + 1,
        kept_table=kept,
        run_key=request.run_key,
        dag_id=request.dag_id,
        run_id=request.run_id,
        actor=request.actor,
        approver=request.approver,
        reason=request.reason,
        table_name=quoted_table(rows.table),
        rows_before=request.rows,
        rows_deleted=request.rows,
        rows_inserted=0,
        is_insecure=request.is_insecure,
        query_ids={**query_ids},
        recorded_at=clock.now(),
        version=__version__,
    )
