"""Sessions that define the same objects at the same moment: IF NOT EXISTS holds for each of them.

https://docs.snowflake.com/en/sql-reference/sql/create-stage
"""

from __future__ import annotations

import threading

import pytest
from snowflake.connector import SnowflakeConnection

from tests.contracts.warehouse.sessions_of_a_test import WAIT_SECONDS, Later, Sessions, rows

SESSIONS = 4
ROUNDS = 6


@pytest.mark.parametrize(
    "definition",
    [
        "CREATE STAGE IF NOT EXISTS S{} ENCRYPTION = (TYPE = 'SNOWFLAKE_SSE')",
        "CREATE TABLE IF NOT EXISTS T{} (A NUMBER(10,0) NOT NULL)",
        "CREATE TABLE IF NOT EXISTS H{} AS SELECT '*' AS MONTH, 0 AS GENERATION",
    ],
)
def test_if_not_exists_holds_at_the_same_moment(sessions: Sessions, definition: str) -> None:
    opened = [sessions.open() for _ in range(SESSIONS)]
    together = threading.Barrier(SESSIONS, timeout=WAIT_SECONDS)

    def define(session: SnowflakeConnection) -> None:
        for number in range(ROUNDS):
            together.wait()
            rows(session, definition.format(number))

    workers = [Later(lambda session=session: define(session)) for session in opened]
    assert [worker.result() for worker in workers] == [None] * SESSIONS
