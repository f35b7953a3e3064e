"""How long a deleted month can be brought back: by Time Travel, or from a clone that is taken before.

Sources: docs.snowflake.com/en/user-guide/data-time-travel, …/sql-reference/info-schema/tables
(retention), …/sql-reference/constructs/at-before (a
query id reaches back 14 days), …/sql-reference/sql/create-clone (a transient table has transient clones only).
"""

from __future__ import annotations

from datetime import date, timedelta

from sfetl_provider.core.errors import DropRefusedError
from sfetl_provider.core.identifiers import quote_identifier
from sfetl_provider.core.ledger.month_rows import MonthRows, count_rows
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.plan.names import quoted_table
from sfetl_provider.core.ports import Warehouse

_LONGEST_BY_QUERY_ID_DAYS = 14


def facts_statement(database: str) -> str:
    """Give the question for a table's retention in days and whether it is transient; binds: schema, table."""
    return (
        'SELECT "RETENTION_TIME", "IS_TRANSIENT"\n'
        f"FROM {quote_identifier(database)}.INFORMATION_SCHEMA.TABLES\n"
        'WHERE "TABLE_SCHEMA" = ? AND "TABLE_NAME" = ?'
    )


def read_reach_days(warehouse: Warehouse, table: TableName) -> int:
    """Give for how many days a deletion can be undone by Time Travel; 0 when the table keeps no past.

    Raises DropRefusedError when there is no such table.
    """
    retention_days, _ = _facts(warehouse, table)
    return min(retention_days, _LONGEST_BY_QUERY_ID_DAYS)


def keep_until(reach_days: int, recoverable_days: int, today: date) -> date | None:
    """Give the day until which a clone must be kept; None when Time Travel reaches far enough."""
    return None if reach_days >= recoverable_days else today + timedelta(days=recoverable_days)


def clone_statement(clone: TableName, table: TableName, *, is_transient: bool) -> str:
    """Give the DDL that keeps a table as it is now; a repeat leaves the first clone."""
    kind = "TRANSIENT TABLE" if is_transient else "TABLE"
    return f"CREATE {kind} IF NOT EXISTS {quoted_table(clone)} CLONE {quoted_table(table)}"


def take_clone(warehouse: Warehouse, rows: MonthRows, clone: TableName, expected: int) -> None:
    """Keep the whole table under another name, at no cost in storage until its rows are deleted.

    Safe to repeat. Raises DropRefusedError when the clone does not hold the month's `expected` rows: then nothing
    may be deleted.
    """
    _, is_transient = _facts(warehouse, rows.table)
    warehouse.query(clone_statement(clone, rows.table, is_transient=is_transient))
    counted = count_rows(warehouse, MonthRows(clone, rows.date_column, rows.month))
    if counted != expected:
        raise DropRefusedError(
            f"The clone {quoted_table(clone)} holds {counted} rows of {rows.month}, the preview showed "
            f"{expected}.",
            safe="Nothing was deleted.",
            next_step="Trigger the drop again for a new preview and approval.",
        )


def _facts(warehouse: Warehouse, table: TableName) -> tuple[int, bool]:
    found = warehouse.query(facts_statement(table.database), (table.schema_name, table.name)).rows
    if not found:
        raise DropRefusedError(
            f"The table {quoted_table(table)} does not exist, or the role may not see it.",
            safe="Nothing was changed.",
            next_step="Check the feed's table and the role's grants.",
        )
    ((retention_days, transient),) = found
    return int(str(retention_days)), transient == "YES"
