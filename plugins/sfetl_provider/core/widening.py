"""The statement that makes room in a column of a table."""

from __future__ import annotations

from sfetl_provider.core.column_type import MOST_CHARACTERS, MOST_DIGITS, ColumnType, number_type
from sfetl_provider.core.identifiers import quote_identifier


def widened_type(known: ColumnType, needed: int) -> str:
    """Give the type that holds `needed` characters, bytes, or digits before the decimal point; '' for none.

    Source: docs.snowflake.com/en/sql-reference/sql/alter-table-column (the scale of a number cannot change).
    """
    if known.kind == "text":
        return f"VARCHAR({needed})" if needed <= MOST_CHARACTERS else ""
    if known.kind == "binary":
        return f"BINARY({needed})"
    digits = needed + known.scale
    return number_type(digits, known.scale) if digits <= MOST_DIGITS else ""


def widening_statement(quoted_table: str, column: str, type_text: str) -> str:
    """Give the DDL that a person can run; `quoted_table` is quoted and fully qualified."""
    return f"ALTER TABLE {quoted_table} ALTER COLUMN {quote_identifier(column)} SET DATA TYPE {type_text}"
