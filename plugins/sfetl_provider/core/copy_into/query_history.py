"""Finding a submitted COPY again by its tag.

Source: docs.snowflake.com/en/sql-reference/functions/query_history (7 days; without END_TIME_RANGE_END it
includes what still runs; without USER_NAME it is the session's user; 100 rows unless RESULT_LIMIT says more).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sfetl_provider.core.identifiers import quote_identifier, quote_literal
from sfetl_provider.core.ports import Warehouse

_CLOCK_SKEW = timedelta(hours=1)
# A range that begins more than 7 days ago is an error.
_LONGEST_RANGE = timedelta(days=6, hours=23)


def find_copies(warehouse: Warehouse, statement: str, query_tag: str) -> list[str]:
    """Give the ids of the COPY statements that carry a tag; `statement` is a `history_statement`."""
    return [str(row[0]) for row in warehouse.query(statement, (query_tag,)).rows]


def history_statement(database: str, tagged_at: datetime, now: datetime) -> str:
    """Give the look-up of COPY statements by tag (bound), submitted since `tagged_at`.

    The table function's arguments must be constants, so the time is a literal. The session that submits runs
    other statements under the same tag: only those that begin with COPY count.
    """
    start = max(tagged_at - _CLOCK_SKEW, now - _LONGEST_RANGE).astimezone(UTC)
    literal = quote_literal(f"{start:%Y-%m-%d %H:%M:%S} +0000")
    return (
        'SELECT "QUERY_ID"\n'
        f"FROM TABLE({quote_identifier(database)}.INFORMATION_SCHEMA.QUERY_HISTORY_BY_USER(\n"
        f"  END_TIME_RANGE_START => TO_TIMESTAMP_LTZ({literal}),\n"
        "  RESULT_LIMIT => 10000\n"
        "))\n"
        'WHERE "QUERY_TAG" = ? AND "QUERY_TEXT" ILIKE \'COPY INTO %\''
    )
