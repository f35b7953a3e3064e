"""A month as a half-open range of the date column, the same for the load table and the target.

Bounds are bound as dates: Snowflake compares a TIMESTAMP column with a DATE at midnight
(docs.snowflake.com/en/sql-reference/data-type-conversion), so 23:59:59.999999999 of the last day is inside.
"""

from __future__ import annotations

from datetime import date

from sfetl_provider.core.identifiers import quote_identifier
from sfetl_provider.core.plan.month import Month


def inside(date_column: str, alias: str = "") -> str:
    """Give the condition that a row (of the table of that alias) lies in the month; binds: `bounds`."""
    column = f"{alias}.{quote_identifier(date_column)}" if alias else quote_identifier(date_column)
    return f"{column} >= ? AND {column} < ?"


def outside(date_column: str) -> str:
    """Give the condition that a row has a date in another month; a NULL date is neither; binds: `bounds`."""
    column = quote_identifier(date_column)
    return f"({column} < ? OR {column} >= ?)"


def misplaced(date_column: str) -> str:
    """Give the condition that no publication of the month may take a row; binds: `bounds`."""
    return f"{quote_identifier(date_column)} IS NULL OR {outside(date_column)}"


def count_where(condition: str) -> str:
    """Give the aggregate that counts the rows for which a condition is true; 0 for no rows at all."""
    return f"COUNT(CASE WHEN {condition} THEN 1 END)"


def bounds(month: Month) -> tuple[date, date]:
    """Give the month's first day and the first day after it."""
    return month.first_day, month.next_first_day
