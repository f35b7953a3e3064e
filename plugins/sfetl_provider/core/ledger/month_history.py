"""How many rows earlier months have in the target, as the ledger says."""

from __future__ import annotations

from sfetl_provider.core.audit.history import PublishedMonth
from sfetl_provider.core.plan.names import head_table, ledger_table, quoted_table
from sfetl_provider.core.ports import Warehouse

_ROWS_AFTER = 'l."ROWS_BEFORE" - l."ROWS_DELETED" + l."ROWS_INSERTED"'


def months_statement(database: str, feed: str, months: int) -> str:
    """Give the query for the rows of the newest months before one that stand in the target; binds: feed, month.

    Of a month's ledger rows the one of its generation in the head table holds. A month without rows, as after a
    drop, is left out.
    """
    return (
        f'SELECT l."MONTH", {_ROWS_AFTER}\n'
        f"FROM {quoted_table(ledger_table(database))} AS l\n"
        f"JOIN {quoted_table(head_table(database, feed))} AS h\n"
        '  ON h."MONTH" = l."MONTH" AND h."GENERATION" = l."GENERATION"\n'
        f'WHERE l."FEED" = ? AND l."MONTH" < ? AND {_ROWS_AFTER} > 0\n'
        'ORDER BY l."MONTH" DESC\n'
        f"LIMIT {int(months)}"
    )


def earlier_months(
    warehouse: Warehouse, database: str, feed: str, month: str, months: int
) -> tuple[PublishedMonth, ...]:
    """Give the newest `months` published months before a month, the newest first; asks nothing for 0."""
    if not months:
        return ()
    rows = warehouse.query(months_statement(database, feed, months), (feed, month)).rows
    return tuple(PublishedMonth(month=str(name), rows=int(str(count))) for name, count in rows)
