"""What COPY_HISTORY tells of chunks that a COPY skipped because they were loaded before.

A load table belongs to one submission, so another COPY has loaded them only where the request of that submission
was carried out twice. Source: docs.snowflake.com/en/sql-reference/functions/copy_history (14 days).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sfetl_provider.core.copy_into.batches import chunk_tail
from sfetl_provider.core.identifiers import quote_identifier, quote_literal
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.plan.names import quoted_table
from sfetl_provider.core.ports import QueryResult, Warehouse

SKIPPED = "LOAD_SKIPPED"
_CLOCK_SKEW = timedelta(hours=1)
_LONGEST_RANGE = timedelta(days=13, hours=23)
CopyRow = Mapping[str, object]


def copy_history_statement(table: TableName, begun_at: datetime, now: datetime) -> str:
    """Give the query for all loads into a table since `begun_at`; the function's arguments must be constants."""
    start = max(begun_at - _CLOCK_SKEW, now - _LONGEST_RANGE).astimezone(UTC)
    return (
        'SELECT "FILE_NAME", "STATUS", "ROW_PARSED", "ROW_COUNT", "ERROR_COUNT", "FIRST_ERROR_MESSAGE"\n'
        f"FROM TABLE({quote_identifier(table.database)}.INFORMATION_SCHEMA.COPY_HISTORY(\n"
        f"  TABLE_NAME => {quote_literal(quoted_table(table))},\n"
        f"  START_TIME => TO_TIMESTAMP_LTZ({quote_literal(f'{start:%Y-%m-%d %H:%M:%S} +0000')})\n"
        "))"
    )


def explain_skipped(result: QueryResult, warehouse: Warehouse, history: str) -> list[CopyRow]:
    """Give COPY's rows, those of skipped chunks replaced by what COPY_HISTORY tells of them.

    `history` is a `copy_history_statement`; it is sent only when a chunk was skipped. One that the history does
    not know as loaded whole stays skipped.
    """
    rows: list[CopyRow] = [row for row in result.records() if "file" in row]
    skipped = {chunk_tail(str(row["file"])) for row in rows if row["status"] == SKIPPED}
    if not skipped:
        return rows
    told = [_as_copy_row(row) for row in warehouse.query(history).records()]
    loaded = [row for row in told if row["status"] == "LOADED" and chunk_tail(str(row["file"])) in skipped]
    known = {chunk_tail(str(row["file"])) for row in loaded}
    return [row for row in rows if chunk_tail(str(row["file"])) not in known] + loaded


def _as_copy_row(row: CopyRow) -> CopyRow:
    return {
        "file": row["file_name"],
        "status": str(row["status"]).upper(),
        "rows_parsed": row["row_parsed"],
        "rows_loaded": row["row_count"],
        "errors_seen": row["error_count"],
        "first_error": row["first_error_message"],
    }
