"""The statements of a publication.

Source: docs.snowflake.com/en/sql-reference/sql/insert. Insertion in date order keeps a month's micro-partitions
together, so that the next replacement rewrites few others.
"""

from __future__ import annotations

from sfetl_provider.core.audit.month_range import count_where, outside
from sfetl_provider.core.identifiers import quote_identifier
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.plan.names import quoted_table
from sfetl_provider.core.publish.column_list import ColumnList


def load_check_statement(load_table: TableName, date_column: str) -> str:
    """Give the last look at the load table: its rows, and those that no month's publication may take.

    Binds: the month's bounds.
    """
    misplaced = f"{quote_identifier(date_column)} IS NULL OR {outside(date_column)}"
    return f"SELECT COUNT(*), {count_where(misplaced)} FROM {quoted_table(load_table)}"


def insert_statement(table: TableName, load_table: TableName, columns: ColumnList, date_column: str) -> str:
    """Give the INSERT of the whole load table, in order of its date column; binds: those of what is selected."""
    return (
        f"INSERT INTO {quoted_table(table)} ({columns.quoted_targets})\n"
        f"SELECT {columns.selected.text}\n"
        f"FROM {quoted_table(load_table)}\n"
        f"ORDER BY {quote_identifier(date_column)}"
    )
