"""A month's rows in the target table: counted before a change, deleted by it, counted after it.

Sources: docs.snowflake.com/en/sql-reference/sql/delete.
"""

from __future__ import annotations

from dataclasses import dataclass

from sfetl_provider.core.audit.month_range import bounds, inside
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import ReconciliationError
from sfetl_provider.core.ledger.entry import LedgerEntry
from sfetl_provider.core.ledger.generation import read_generation
from sfetl_provider.core.plan.fiscal_month import month_of
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.plan.names import quoted_table, target_table
from sfetl_provider.core.ports import Warehouse


@dataclass(frozen=True)
class MonthRows:
    """Which rows of which table."""

    table: TableName
    date_column: str
    month: Month


def feed_month(config: FeedConfig, month: str) -> MonthRows:
    """Give the rows of a feed's month in its target; raises MonthError when the feed has no such month."""
    return MonthRows(target_table(config), config.target_date_column, month_of(config, Month.of_text(month)))


def count_statement(rows: MonthRows) -> str:
    """Give the count of the month's rows; binds: the month's bounds."""
    return f"SELECT COUNT(*) FROM {quoted_table(rows.table)} WHERE {inside(rows.date_column)}"


def delete_statement(rows: MonthRows) -> str:
    """Give the DELETE of the month's rows; binds: the month's bounds."""
    return f"DELETE FROM {quoted_table(rows.table)} WHERE {inside(rows.date_column)}"


def count_rows(warehouse: Warehouse, rows: MonthRows) -> int:
    """Count the month's rows in the target."""
    return int(str(warehouse.query(count_statement(rows), bounds(rows.month)).scalar()))


def delete_rows(warehouse: Warehouse, rows: MonthRows, expected: int) -> str:
    """Delete the month's rows inside the caller's transaction, and give the DELETE's query id.

    Raises ReconciliationError when it deleted another number than `expected`: something else writes to the
    table. The caller's transaction must then roll back.
    """
    result = warehouse.query(delete_statement(rows), bounds(rows.month))
    if result.row_count == expected:
        return result.query_id
    raise ReconciliationError(
        f"DELETE removed {result.row_count} rows of {rows.month} from {quoted_table(rows.table)}, "
        f"counted were {expected}.",
        safe="The transaction is rolled back: the table is as it was.",
        next_step="Find out what else writes to the table at this moment, then clear this task.",
    )


def require_count(warehouse: Warehouse, rows: MonthRows, entry: LedgerEntry, expected: int) -> None:
    """Check after the commit that the month holds `expected` rows.

    Raises ReconciliationError when it does not although the month is still at the entry's generation: then
    something changed it without the ledger. A later change by another run is no fault.
    """
    counted = count_rows(warehouse, rows)
    if counted == expected:
        return
    now = read_generation(warehouse, rows.table.database, entry.feed, entry.month)
    if now != entry.generation:
        return
    raise ReconciliationError(
        f"{quoted_table(rows.table)} holds {counted} rows of {rows.month}, the {entry.action} left {expected}.",
        safe=f"The {entry.action} is committed and in the ledger (row {entry.sequence}).",
        next_step="Find out what else writes to the table, then load or drop the month again.",
        stage=entry.action,
    )
