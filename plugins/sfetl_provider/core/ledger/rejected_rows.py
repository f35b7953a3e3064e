"""Rows that a publication left out, kept as JSON: written in its transaction, for people to look at.

Rows are only added, so that publications of different feeds do not wait for each other. Nothing reads them
back: who has seen to them may delete them. Source:
docs.snowflake.com/en/sql-reference/functions/object_construct_keep_null.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sfetl_provider.core.identifiers import quote_identifier, quote_literal
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.plan.names import quoted_table, rejected_rows_table

_COLUMNS: Final[dict[str, str]] = {
    "FEED": "VARCHAR NOT NULL",
    "MONTH": "VARCHAR(7) NOT NULL",
    "GENERATION": "NUMBER(18,0) NOT NULL",
    "RUN_KEY": "VARCHAR NOT NULL",
    "REASON": "VARCHAR NOT NULL",
    "CONTENT": "VARCHAR NOT NULL",
}


def create_statement(database: str) -> str:
    """Give the DDL; it leaves a table that exists as it is."""
    columns = ",\n  ".join(f"{quote_identifier(name)} {kind}" for name, kind in _COLUMNS.items())
    return f"CREATE TABLE IF NOT EXISTS {quoted_table(rejected_rows_table(database))} (\n  {columns}\n)"


def insert_statement(source: TableName, values: Mapping[str, str], date_column: str, condition: str) -> str:
    """Give the INSERT of a load table's rows that meet a condition; `values` are SQL by column of the target.

    Every value becomes text, so that none loses digits in JSON. Binds: feed, month, generation, run key, and
    those of the condition.
    """
    pairs = ", ".join(f"{quote_literal(name)}, CAST({value} AS VARCHAR)" for name, value in values.items())
    columns = ", ".join(map(quote_identifier, _COLUMNS))
    reason = f"CASE WHEN {quote_identifier(date_column)} IS NULL THEN 'undated' ELSE 'outside_month' END"
    return (
        f"INSERT INTO {quoted_table(rejected_rows_table(source.database))} ({columns})\n"
        f"SELECT ?, ?, ?, ?, {reason},\n"
        f"  TO_JSON(OBJECT_CONSTRUCT_KEEP_NULL({pairs}))\n"
        f"FROM {quoted_table(source)}\n"
        f"WHERE {condition}"
    )
