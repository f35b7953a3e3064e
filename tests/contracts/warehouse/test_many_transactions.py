"""Sessions that move units between two tables at once, with failures and deadlocks: none is lost or doubled.

https://docs.snowflake.com/en/sql-reference/transactions
"""

from __future__ import annotations

import functools
import random

from snowflake.connector import SnowflakeConnection

from tests.contracts.warehouse.sessions_of_a_test import Later, Sessions, error_of, rows

SESSIONS = 4
MOVES = 8


def move(session: SnowflakeConnection, number: int, chance: random.Random) -> bool:
    """One transaction; whether it was committed. Only a deadlock may end one of its updates."""
    source, target = chance.sample(["A", "C"], 2)
    rows(session, "BEGIN")
    rows(session, f"INSERT INTO MOVED VALUES ({number}, 'ok')")
    errors = [error_of(lambda: rows(session, f"UPDATE {source} SET UNITS = UNITS - 1"))]
    failure = error_of(lambda: rows(session, f"INSERT INTO MOVED VALUES ({number}, 'far too long')"))
    assert failure is not None
    assert failure.errno == 100078
    errors.append(error_of(lambda: rows(session, f"UPDATE {target} SET UNITS = UNITS + 1")))
    assert {error.errno for error in errors if error is not None} <= {625}
    is_whole = errors == [None, None] and chance.random() < 0.8
    rows(session, "COMMIT" if is_whole else "ROLLBACK")
    return is_whole


def test_each_transaction_counts_once_or_not_at_all(sessions: Sessions) -> None:
    first = sessions.open()
    for table in ("A", "C"):
        rows(first, f"CREATE TABLE {table} (UNITS NUMBER(10,0))")
        rows(first, f"INSERT INTO {table} VALUES (100)")
    rows(first, "CREATE TABLE MOVED (N NUMBER(10,0), SAID VARCHAR(5))")

    def work(worker: int) -> list[int]:
        session = sessions.open(LOCK_TIMEOUT=60)
        chance = random.Random(worker)  # noqa: S311 - a seed must give the same moves again
        numbers = [worker * 100 + place for place in range(MOVES)]
        return [number for number in numbers if move(session, number, chance)]

    workers = [Later(functools.partial(work, worker)) for worker in range(SESSIONS)]
    committed = [number for worker in workers for number in worker.result()]
    assert committed
    assert [number for (number,) in rows(first, "SELECT N FROM MOVED ORDER BY N")] == sorted(committed)
    assert rows(first, "SELECT A.UNITS + C.UNITS FROM A, C") == [(200,)]
