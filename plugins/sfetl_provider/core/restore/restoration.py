"""Bringing a month back to what it was before a change, exactly once and only as previewed."""

from __future__ import annotations

from sfetl_provider import __version__
from sfetl_provider.core.audit.month_range import bounds
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import ReconciliationError, RestoreRefusedError
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
from sfetl_provider.core.plan.names import quoted_table
from sfetl_provider.core.ports import Clock, Warehouse
from sfetl_provider.core.restore.preview import count_past_rows
from sfetl_provider.core.restore.records import (
    Past,
    RestorePreview,
    RestoreReceipt,
    RestoreRequest,
    receipt_of,
)
from sfetl_provider.core.restore.statements import bring_back_statement


def restore_month(
    request: RestoreRequest, config: FeedConfig, warehouse: Warehouse, clock: Clock
) -> RestoreReceipt:
    """Replace the month's rows by those before the change, in one transaction with the ledger row.

    No row can double: what the month holds now is deleted first. Idempotent: a run that has restored the month
    gets its receipt back. After any failure the table is as it was, or, when the connection was lost at COMMIT
    (CommitUnclearError), the next call finds out from the ledger. Raises RestoreRefusedError when the counts are
    not the previewed ones, GenerationConflictError when another run changed the month since the preview.
    """
    preview = request.preview
    rows = feed_month(config, preview.month)
    key = ChangeKey(preview.feed, request.run_key, preview.month, preview.generation + 1)
    entry, is_repeat = change_once(
        warehouse, rows.table.database, key, lambda: _restore(request, config, warehouse, clock)
    )
    require_count(warehouse, rows, entry, entry.rows_inserted)
    return receipt_of(entry, is_repeat=is_repeat)


def _restore(request: RestoreRequest, config: FeedConfig, warehouse: Warehouse, clock: Clock) -> LedgerEntry:
    preview = request.preview
    rows = feed_month(config, preview.month)
    database = rows.table.database
    with transaction(warehouse, config.publish.lock_timeout_seconds):
        raised = raise_generation(warehouse, database, preview.feed, preview.month, preview.generation)
        query_ids = {"raise_generation": raised, **_replace(preview, rows, warehouse)}
        return append(warehouse, database, _facts(request, rows, query_ids, clock))


def _replace(preview: RestorePreview, rows: MonthRows, warehouse: Warehouse) -> dict[str, str]:
    _require_previewed(preview, "holds", count_rows(warehouse, rows), preview.rows_now)
    back = count_past_rows(warehouse, rows, preview.past)
    _require_previewed(preview, "held before the change", back, preview.rows_back)
    query_ids = {}
    if preview.rows_now:
        query_ids["delete"] = delete_rows(warehouse, rows, preview.rows_now)
    if preview.past:
        query_ids["insert"] = _bring_back(preview, preview.past, rows, warehouse)
    return query_ids


def _require_previewed(preview: RestorePreview, verb: str, counted: int, expected: int) -> None:
    if counted != expected:
        raise RestoreRefusedError(
            f"{preview.feed} {preview.month} {verb} {counted} rows, the approved preview showed {expected}.",
            safe="The transaction is rolled back: the table is as it was.",
            next_step="Trigger the restore again for a new preview and approval.",
        )


def _bring_back(preview: RestorePreview, past: Past, rows: MonthRows, warehouse: Warehouse) -> str:
    statement = bring_back_statement(rows, past, preview.columns)
    result = warehouse.query(statement, bounds(rows.month))
    if result.row_count == preview.rows_back:
        return result.query_id
    raise ReconciliationError(
        f"INSERT brought back {result.row_count} rows of {rows.month} into {quoted_table(rows.table)}, "
        f"{preview.rows_back} were counted.",
        safe="The transaction is rolled back: the table is as it was.",
        next_step="Clear this task.",
        stage="restore",
    )


def _facts(request: RestoreRequest, rows: MonthRows, query_ids: dict[str, str], clock: Clock) -> LedgerFacts:
    preview = request.preview
    return LedgerFacts(
        feed=preview.feed,
        action="restore",
        month=preview.month,
        generation=preview.generation + 1,
        undoes=preview.undoes,
        run_key=request.run_key,
        dag_id=request.dag_id,
        run_id=request.run_id,
        actor=request.actor,
        approver=request.approver,
        reason=request.reason,
        table_name=quoted_table(rows.table),
        rows_before=preview.rows_now,
        rows_deleted=preview.rows_now,
        rows_inserted=preview.rows_back,
        is_insecure=request.is_insecure,
        query_ids={**query_ids},
        recorded_at=clock.now(),
        version=__version__,
    )
