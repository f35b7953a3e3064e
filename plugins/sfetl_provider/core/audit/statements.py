"""The audit's two queries."""

from __future__ import annotations

from collections.abc import Sequence

from sfetl_provider.core.audit.month_range import count_where, outside
from sfetl_provider.core.identifiers import quote_identifier
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.plan.names import quoted_table


def totals_statement(load_table: TableName, date_column: str, required: Sequence[str]) -> str:
    """Give the query for all totals in one scan; binds: the month's bounds.

    Columns in order: rows, undated, outside, distinct days, first, last, then the NULLs of each required
    column.
    """
    column = quote_identifier(date_column)
    totals = [
        "COUNT(*)",
        count_where(f"{column} IS NULL"),
        count_where(outside(date_column)),
        f"COUNT(DISTINCT CAST({column} AS DATE))",
        f"CAST(MIN({column}) AS VARCHAR)",
        f"CAST(MAX({column}) AS VARCHAR)",
        *(count_where(f"{quote_identifier(name)} IS NULL") for name in required),
    ]
    listed = ",\n  ".join(totals)
    return f"SELECT\n  {listed}\nFROM {quoted_table(load_table)}"


def days_statement(load_table: TableName, date_column: str) -> str:
    """Give the query for the rows of each day, in order; rows without a date are left out."""
    column = quote_identifier(date_column)
    return (
        f'SELECT CAST({column} AS DATE) AS "DAY", COUNT(*) AS "ROWS_OF_DAY"\n'
        f"FROM {quoted_table(load_table)}\n"
        f"WHERE {column} IS NOT NULL\n"
        "GROUP BY 1\n"
        "ORDER BY 1"
    )
