"""Finding a submitted COPY again by its tag.

Source: docs.snowflake.com/en/sql-reference/functions/query_history (7 days; without END_TIME_RANGE_END it
includes what still runs; without USER_NAME it is the session's user; 100 rows unless RESULT_LIMIT says more).
"""

from __future__ import annotations

from datetime import datetime

from sfetl_provider.core.compute.use import history_call, history_start
from sfetl_provider.core.ports import Warehouse


def find_copies(warehouse: Warehouse, statement: str, query_tag: str) -> list[str]:
    """Give the ids of the COPY statements that carry a tag; `statement` is a `history_statement`."""
    return [str(row[0]) for row in warehouse.query(statement, (query_tag,)).rows]


def history_statement(database: str, tagged_at: datetime, now: datetime) -> str:
    """Give the look-up of COPY statements by tag (bound), submitted since `tagged_at`.

    The session that submits runs other statements under the same tag: only those that begin with COPY count.
    """
    return (
        'SELECT "QUERY_ID"\n'
        f"FROM {history_call(database, history_start(tagged_at, now))}\n"
        'WHERE "QUERY_TAG" = ? AND "QUERY_TEXT" ILIKE \'COPY INTO %\''
    )
