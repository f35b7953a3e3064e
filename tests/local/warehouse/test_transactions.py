"""Table locks by themselves, and limits of DuckDB's transactions."""

from __future__ import annotations

import threading

import pytest
import snowflake.connector
from warehouse_client import Client

from local.warehouse.clock import Clock
from local.warehouse.errors import SqlError
from local.warehouse.transactions.table_locks import MOST_WAITERS, Lock, TableLocks

A, B = ("D", "S", "A"), ("D", "S", "B")


def never() -> bool:
    return False


def wait_in_a_thread(locks: TableLocks, lock: Lock, timeout_seconds: float) -> threading.Thread:
    """A thread that waits for a lock; returns when it does."""

    def acquire() -> None:
        try:
            locks.acquire(lock, timeout_seconds, never)
        except SqlError:
            return

    waiting = threading.Thread(target=acquire, daemon=True)
    waiting.start()
    with locks._changed:
        assert locks._changed.wait_for(lambda: lock.session in locks._waiting, timeout=20)
    return waiting


def test_deadlock_ends_the_one_that_closed_the_circle() -> None:
    locks = TableLocks()
    locks.acquire(Lock(A, 1), 0, never)
    locks.acquire(Lock(B, 2), 0, never)
    waiting = wait_in_a_thread(locks, Lock(B, 1), 60)
    with pytest.raises(SqlError, match="deadlock"):
        locks.acquire(Lock(A, 2), 60, never)
    assert locks.is_waiting(1)
    locks.release(2)
    waiting.join(20)
    assert [lock.session for lock in locks.all()] == [1, 1]


def test_timeout_is_by_the_clock() -> None:
    clock = Clock()
    locks = TableLocks(clock)
    locks.acquire(Lock(A, 1), 0, never)
    waiting = wait_in_a_thread(locks, Lock(A, 2), 43_200)
    clock.advance(43_300)
    waiting.join(20)
    assert not waiting.is_alive()
    assert [lock.session for lock in locks.all()] == [1]


def test_so_many_may_wait_and_no_more() -> None:
    locks = TableLocks()
    locks.acquire(Lock(A, 0), 0, never)
    waiting = [wait_in_a_thread(locks, Lock(A, 1 + number), 60) for number in range(MOST_WAITERS)]
    with pytest.raises(SqlError, match="exceeds the 20 statements limit"):
        locks.acquire(Lock(A, 100), 60, never)
    for session in range(MOST_WAITERS + 1):
        locks.release(session)
    for thread in waiting:
        while thread.is_alive():
            for lock in locks.all():
                if lock.acquired_at:
                    locks.release(lock.session)
            thread.join(0.05)
    assert not any(locks.is_waiting(1 + number) for number in range(MOST_WAITERS))


def test_a_transaction_over_two_databases_is_refused(client: Client, second: Client) -> None:
    client.rows("CREATE OR REPLACE TABLE HEAD (M VARCHAR(7), G NUMBER(10,0))")
    client.rows("INSERT INTO HEAD VALUES ('2013-01', 1), ('2013-02', 1)")
    client.rows("CREATE DATABASE IF NOT EXISTS ELSEWHERE")
    client.rows("USE SCHEMA DB.SFETL")
    client.rows("CREATE OR REPLACE TABLE ELSEWHERE.PUBLIC.T (A NUMBER(3,0))")
    client.rows("BEGIN")
    client.rows("UPDATE DB.SFETL.HEAD SET G = 5")
    error = client.failure("INSERT INTO ELSEWHERE.PUBLIC.T VALUES (1)")
    assert "more than one database" in str(error.msg)
    client.rows("ROLLBACK")
    assert second.rows("SELECT G FROM HEAD") == [(1,), (1,)]


def test_errors_are_the_connectors_own(client: Client) -> None:
    assert isinstance(client.failure("SELECT * FROM NOT_THERE"), snowflake.connector.errors.ProgrammingError)
