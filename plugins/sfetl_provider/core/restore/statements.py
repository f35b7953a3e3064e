"""The statements of a restore: a table as it was just before a statement.

Source: docs.snowflake.com/en/sql-reference/constructs/at-before. The statement must have run within the last 14
days and within the table's retention; it is named by a literal, because the clause takes no bind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sfetl_provider.core.audit.month_range import inside
from sfetl_provider.core.errors import LedgerError
from sfetl_provider.core.identifiers import quote_identifier, quote_literal
from sfetl_provider.core.ledger.month_rows import MonthRows
from sfetl_provider.core.plan.names import quoted_table, sfetl_table
from sfetl_provider.core.restore.records import Past

_QUERY_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def earlier(rows: MonthRows, past: Past) -> str:
    """Give the target table as it was: the clone that was kept, or Time Travel to just before a statement.

    Raises LedgerError when what should name the statement is no query id.
    """
    if past.kept_table:
        return quoted_table(sfetl_table(rows.table.database, past.kept_table))
    if not _QUERY_ID.fullmatch(past.statement_id):
        raise LedgerError(
            f"The ledger names {past.statement_id!r} as a statement of {rows.month}; that is no query id.",
            safe="Nothing was changed.",
            next_step="Verify the feed's chain: the row was written by something else.",
        )
    return f"{quoted_table(rows.table)} BEFORE (STATEMENT => {quote_literal(past.statement_id)})"


def columns_statement(source: str) -> str:
    """Give the query whose empty result tells the columns of a table, past or present."""
    return f"SELECT * FROM {source} LIMIT 0"


def past_count_statement(rows: MonthRows, past: Past) -> str:
    """Give the count of the month's rows as it was; binds: the month's bounds."""
    return f"SELECT COUNT(*) FROM {earlier(rows, past)} WHERE {inside(rows.date_column)}"


def bring_back_statement(rows: MonthRows, past: Past, columns: Sequence[str]) -> str:
    """Give the INSERT of the month's past rows, by column name, in date order; binds: the month's bounds."""
    listed = ", ".join(map(quote_identifier, columns))
    return (
        f"INSERT INTO {quoted_table(rows.table)} ({listed})\n"
        f"SELECT {listed}\n"
        f"FROM {earlier(rows, past)}\n"
        f"WHERE {inside(rows.date_column)}\n"
        f"ORDER BY {quote_identifier(rows.date_column)}"
    )
