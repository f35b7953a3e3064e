"""Rows that a publication left out, kept as JSON: written in its transaction, for people to look at.

Publications only add rows, so that those of different feeds do not wait for each other; nothing reads them back.
Maintenance deletes them by publication, whose age the ledger tells. Sources:
docs.snowflake.com/en/sql-reference/functions/object_construct_keep_null, …/octet_length.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sfetl_provider.core.identifiers import quote_identifier, quote_literal
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.plan.names import ledger_table, quoted_table, rejected_rows_table

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


def publications_statement(database: str) -> str:
    """Give the query for the publications of which rows are kept: feed, month, run key, rows, bytes, when."""
    same = "".join(f'\n AND l."{name}" = r."{name}"' for name in ("MONTH", "GENERATION", "RUN_KEY"))
    return (
        'SELECT r."FEED", r."MONTH", r."RUN_KEY", COUNT(*),\n'
        '  CAST(SUM(OCTET_LENGTH(r."CONTENT")) AS NUMBER(18,0)), MAX(l."RECORDED_AT")\n'
        f"FROM {quoted_table(rejected_rows_table(database))} AS r\n"
        f'JOIN {quoted_table(ledger_table(database))} AS l\n  ON l."FEED" = r."FEED"{same}\n'
        "GROUP BY 1, 2, 3\nORDER BY 1, 2, 3"
    )


def delete_statement(database: str) -> str:
    """Give the DELETE of a publication's rows; binds: feed, month, run key."""
    table = quoted_table(rejected_rows_table(database))
    return f'DELETE FROM {table}\nWHERE "FEED" = ? AND "MONTH" = ? AND "RUN_KEY" = ?'
