"""What QUERY_HISTORY says of a statement: its kind, and how many rows it has produced.

https://docs.snowflake.com/en/sql-reference/functions/query_history
"""

from __future__ import annotations

import re

from local.warehouse.results import Result

_LEADING = re.compile(r"^(\s+|--[^\n]*(\n|$)|//[^\n]*(\n|$)|/\*.*?\*/)+", re.DOTALL)
_CREATE_TABLE = r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:TEMP\w*\s+|TRANSIENT\s+)?TABLE"
_KINDS = (
    (r"WITH|SELECT", "SELECT"),
    (r"INSERT", "INSERT"),
    (r"UPDATE", "UPDATE"),
    (r"DELETE", "DELETE"),
    (r"MERGE", "MERGE"),
    (r"COPY", "COPY"),
    (r"PUT", "PUT_FILES"),
    (r"GET", "GET_FILES"),
    (r"LIST|LS", "LIST_FILES"),
    (r"REMOVE|RM", "REMOVE_FILES"),
    (r"BEGIN|START", "BEGIN_TRANSACTION"),
    (r"COMMIT", "COMMIT"),
    (r"ROLLBACK", "ROLLBACK"),
    (r"TRUNCATE", "TRUNCATE_TABLE"),
    (r"ALTER\s+SESSION", "ALTER_SESSION"),
    (rf"{_CREATE_TABLE}\b.*?\bAS\s+\(?\s*SELECT", "CREATE_TABLE_AS_SELECT"),
    (_CREATE_TABLE, "CREATE_TABLE"),
    (r"DESC(?:RIBE)?", "DESCRIBE"),
)
_PATTERNS = [(re.compile(rf"(?is)^(?:{pattern})\b"), kind) for pattern, kind in _KINDS]


def query_type(statement: str) -> str:
    """The kind as Snowflake names it, as far as the loader needs it; the first word for all else."""
    text = _LEADING.sub("", statement, count=1)
    for pattern, kind in _PATTERNS:
        if pattern.match(text):
            return kind
    first = re.match(r"\w+", text)
    return first.group().upper() if first else "UNKNOWN"


def rows_produced(result: Result) -> int | None:
    """Rows affected by DML, rows loaded by COPY, else rows answered."""
    if result.affected is not None and result.is_dml:
        return result.affected
    if result.table is None:
        return None
    if "rows_loaded" in result.table.column_names:
        return sum(int(count) for count in result.table.column("rows_loaded").to_pylist())
    return int(result.table.num_rows)
