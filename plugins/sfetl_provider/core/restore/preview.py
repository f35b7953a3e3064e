"""What undoing a change would bring back, read without changing anything."""

from __future__ import annotations

from sfetl_provider.core.audit.month_range import bounds
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import RestoreRefusedError, StatementError
from sfetl_provider.core.ledger.entry import LedgerEntry
from sfetl_provider.core.ledger.generation import read_generation
from sfetl_provider.core.ledger.lookup import change_text, changes_since, entry_at
from sfetl_provider.core.ledger.month_rows import MonthRows, count_rows, feed_month
from sfetl_provider.core.plan.names import quoted_table
from sfetl_provider.core.ports import Warehouse
from sfetl_provider.core.restore.records import Past, RestorePreview
from sfetl_provider.core.restore.statements import columns_statement, earlier, past_count_statement

# What a change did first to the month's rows: before that statement they were as before the change.
_CHANGING_STEPS = ("delete", "merge", "insert")


def preview_restore(warehouse: Warehouse, config: FeedConfig, sequence: int) -> RestorePreview:
    """Look at what undoing row `sequence` of the feed's ledger would do.

    The generation is read first, so a change during the preview makes the restore refuse. Raises
    RestoreRefusedError when there is no such row, the past is out of Time Travel's reach, it does not hold the
    rows that the ledger counted, or the table has lost a column since.
    """
    entry = _require_entry(warehouse, config, sequence)
    rows = feed_month(config, entry.month)
    generation = read_generation(warehouse, rows.table.database, config.feed, entry.month)
    past = _past(entry)
    columns = _past_columns(warehouse, rows, past) if past else ()
    later = changes_since(warehouse, rows.table.database, entry)
    return RestorePreview(
        feed=config.feed,
        month=entry.month,
        table=rows.table,
        undoes=sequence,
        undone=change_text(entry),
        past=past,
        columns=columns,
        rows_now=count_rows(warehouse, rows),
        rows_back=_past_rows(warehouse, rows, past, entry),
        later=tuple(map(change_text, later)),
        generation=generation,
    )


def count_past_rows(warehouse: Warehouse, rows: MonthRows, past: Past | None) -> int:
    """Count the rows that the month had; 0 without a past.

    Raises RestoreRefusedError when Snowflake no longer has that state of the table.
    """
    if past is None:
        return 0
    try:
        result = warehouse.query(past_count_statement(rows, past), bounds(rows.month))
    except StatementError as error:
        raise _out_of_reach(rows, error) from error
    return int(str(result.scalar()))


def _require_entry(warehouse: Warehouse, config: FeedConfig, sequence: int) -> LedgerEntry:
    entry = entry_at(warehouse, config.table.database, config.feed, sequence)
    if entry is None:
        raise RestoreRefusedError(
            f"The ledger of {config.feed} has no row {sequence}.",
            safe="Nothing was changed.",
            next_step="Look the row up in the report of the run to be undone, or in the ledger.",
        )
    if entry.table_name != quoted_table(feed_month(config, entry.month).table):
        raise RestoreRefusedError(
            f"Row {sequence} of {config.feed} changed {entry.table_name}, which is no longer the feed's table.",
            safe="Nothing was changed.",
            next_step="Bring the rows back by hand, from that table's Time Travel.",
        )
    return entry


def _past(entry: LedgerEntry) -> Past | None:
    if entry.rows_before == 0:
        return None
    statement_id = next(str(entry.query_ids[step]) for step in _CHANGING_STEPS if step in entry.query_ids)
    return Past(statement_id=statement_id, kept_table=entry.kept_table)


def _past_rows(warehouse: Warehouse, rows: MonthRows, past: Past | None, entry: LedgerEntry) -> int:
    counted = count_past_rows(warehouse, rows, past)
    if counted == entry.rows_before:
        return counted
    raise RestoreRefusedError(
        f"Before row {entry.sequence} of {entry.feed}, {rows.month} held {entry.rows_before} rows by the ledger; "
        f"{'its clone' if past and past.kept_table else 'Time Travel'} shows {counted}.",
        safe="Nothing was changed.",
        next_step="Find out what else writes to the table; its Time Travel may still hold the rows.",
    )


def _past_columns(warehouse: Warehouse, rows: MonthRows, past: Past) -> tuple[str, ...]:
    try:
        columns = warehouse.query(columns_statement(earlier(rows, past))).columns
    except StatementError as error:
        raise _out_of_reach(rows, error) from error
    present = warehouse.query(columns_statement(quoted_table(rows.table))).columns
    if lost := [name for name in columns if name not in present]:
        raise RestoreRefusedError(
            f"{quoted_table(rows.table)} has lost columns since: {', '.join(lost)}.",
            safe="Nothing was changed.",
            next_step="Add them to the table again, then repeat this restore.",
        )
    return columns


def _out_of_reach(rows: MonthRows, error: StatementError) -> RestoreRefusedError:
    return RestoreRefusedError(
        f"Snowflake no longer shows {quoted_table(rows.table)} as it was before the change: {error.what}",
        safe="Nothing was changed.",
        next_step="Past the table's retention, or 14 days after the change, load the month again from its files.",
    )
