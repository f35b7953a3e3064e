"""Transactions, table locks, and what is read when."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import snowflake.connector
from warehouse_client import Client, Connect

from local.warehouse.errors import SqlError
from local.warehouse.server import RunningWarehouse
from local.warehouse.table_locks import TableLocks


@pytest.fixture(autouse=True)
def _tables(client: Client) -> None:
    client.rows("CREATE OR REPLACE TABLE HEAD (M VARCHAR(7), G NUMBER(10,0))")
    client.rows("INSERT INTO HEAD VALUES ('2013-01', 1), ('2013-02', 1)")


def generations(client: Client) -> list[int]:
    return [row[0] for row in client.rows("SELECT G FROM HEAD ORDER BY M")]


def test_nothing_is_seen_before_commit(client: Client, second: Client) -> None:
    client.rows("BEGIN")
    client.rows("UPDATE HEAD SET G = 9")
    assert generations(client) == [9, 9]
    assert generations(second) == [1, 1]
    client.rows("COMMIT")
    assert generations(second) == [9, 9]


def test_rollback(client: Client) -> None:
    client.rows("BEGIN TRANSACTION")
    client.rows("DELETE FROM HEAD")
    client.rows("ROLLBACK")
    assert generations(client) == [1, 1]


def test_reads_before_the_first_write_see_what_others_commit(client: Client, second: Client) -> None:
    client.rows("BEGIN")
    assert generations(client) == [1, 1]
    second.rows("UPDATE HEAD SET G = 2")
    assert generations(client) == [2, 2]
    client.rows("UPDATE HEAD SET G = G + 1")
    client.rows("COMMIT")
    assert generations(second) == [3, 3]


def wait_until_waiting(warehouse: RunningWarehouse, session_id: int) -> None:
    locks = warehouse.warehouse.locks
    with locks._changed:
        assert locks._changed.wait_for(lambda: session_id in locks._waiting, timeout=20)


def test_a_waiting_update_sees_what_the_first_committed(
    client: Client, second: Client, warehouse: RunningWarehouse
) -> None:
    raise_generation = "UPDATE HEAD SET G = G + 1 WHERE M = '2013-01' AND G = 1"
    counts: list[int] = []

    def publish_second() -> None:
        second.rows("BEGIN")
        cursor = second.connection.cursor()
        cursor.execute(raise_generation)
        counts.append(int(cursor.rowcount or 0))
        second.rows("ROLLBACK")

    client.rows("BEGIN")
    client.rows(raise_generation)
    other = threading.Thread(target=publish_second)
    other.start()
    wait_until_waiting(warehouse, int(second.connection.session_id))
    client.rows("COMMIT")
    other.join(20)
    assert counts == [0]
    assert generations(client) == [2, 1]


@pytest.mark.parametrize(
    "statement", ["UPDATE HEAD SET G = 5 WHERE M = '2013-02'", "DELETE FROM HEAD WHERE M = 'x'"]
)
def test_lock_timeout(client: Client, connect: Connect, tmp_path: Path, statement: str) -> None:
    impatient = Client(connect(LOCK_TIMEOUT=0), tmp_path)
    client.rows("BEGIN")
    client.rows("UPDATE HEAD SET G = 2 WHERE M = '2013-01'")
    error = impatient.failure(statement)
    assert error.errno == 625
    assert "DB.SFETL.HEAD" in str(error.msg)
    client.rows("COMMIT")
    impatient.rows(statement)


def test_inserts_do_not_wait_for_each_other(client: Client, second: Client) -> None:
    client.rows("BEGIN")
    second.rows("BEGIN")
    client.rows("INSERT INTO HEAD VALUES ('a', 1)")
    second.rows("INSERT INTO HEAD VALUES ('b', 1)")
    client.rows("COMMIT")
    second.rows("COMMIT")
    assert client.rows("SELECT COUNT(*) FROM HEAD") == [(4,)]


def test_many_sessions_insert_at_once(connect: Connect, client: Client, tmp_path: Path) -> None:
    others = [Client(connect(), tmp_path) for _ in range(4)]

    def insert(other: Client) -> None:
        for number in range(5):
            other.rows("INSERT INTO HEAD VALUES ('c', ?)", (number,))

    threads = [threading.Thread(target=insert, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert client.rows("SELECT COUNT(*) FROM HEAD WHERE M = 'c'") == [(20,)]


def test_a_definition_commits(client: Client, second: Client) -> None:
    client.rows("BEGIN")
    client.rows("UPDATE HEAD SET G = 4")
    client.rows("CREATE OR REPLACE TABLE UNRELATED (A VARCHAR)")
    client.rows("ROLLBACK")
    assert generations(second) == [4, 4]


def test_failures_that_the_layer_finds_keep_the_transaction_open(client: Client) -> None:
    client.rows("BEGIN")
    client.rows("UPDATE HEAD SET G = 6")
    assert client.failure("LIST @NO_STAGE").errno == 2003
    assert client.failure("SELECT FROM WHERE").errno == 1003
    client.rows("COMMIT")
    assert generations(client) == [6, 6]


@pytest.mark.parametrize(
    ("statement", "code"),
    [("INSERT INTO HEAD VALUES ('far too long', 1)", 100078), ("SELECT * FROM NOT_THERE", 2003)],
)
def test_failures_that_end_duckdbs_transaction_are_never_half_committed(
    client: Client, second: Client, statement: str, code: int
) -> None:
    client.rows("BEGIN")
    client.rows("UPDATE HEAD SET G = 6")
    assert client.failure(statement).errno == code
    assert client.failure("INSERT INTO HEAD VALUES ('ok', 1)").errno == 90236
    assert client.failure("COMMIT").errno == 90236
    assert generations(second) == [1, 1]
    second.rows("UPDATE HEAD SET G = 7")


def test_autocommit_off(connect: Connect, second: Client, tmp_path: Path) -> None:
    client = Client(connect(AUTOCOMMIT=False), tmp_path)
    client.rows("INSERT INTO HEAD VALUES ('d', 1)")
    assert second.rows("SELECT COUNT(*) FROM HEAD") == [(2,)]
    client.connection.commit()
    assert second.rows("SELECT COUNT(*) FROM HEAD") == [(3,)]
    client.rows("DELETE FROM HEAD")
    client.connection.rollback()
    assert second.rows("SELECT COUNT(*) FROM HEAD") == [(3,)]


def test_logging_out_rolls_back_and_unlocks(connect: Connect, second: Client, tmp_path: Path) -> None:
    client = Client(connect(), tmp_path)
    client.rows("BEGIN")
    client.rows("UPDATE HEAD SET G = 8")
    client.connection.close()
    second.rows("UPDATE HEAD SET G = G + 1")
    assert generations(second) == [2, 2]


def test_commit_without_a_transaction(client: Client) -> None:
    client.rows("COMMIT")
    client.rows("ROLLBACK")


def test_merge_locks_too(client: Client, connect: Connect, tmp_path: Path) -> None:
    impatient = Client(connect(LOCK_TIMEOUT=0), tmp_path)
    client.rows("BEGIN")
    client.rows(
        "MERGE INTO HEAD t USING (SELECT '2013-01' AS M) s ON t.M = s.M WHEN MATCHED THEN UPDATE SET G = 3 "
    )
    assert impatient.failure("UPDATE HEAD SET G = 1").errno == 625
    client.rows("ROLLBACK")


def test_deadlock_ends_one_of_the_two() -> None:
    locks = TableLocks()
    a, b = ("D", "S", "A"), ("D", "S", "B")
    locks.acquire(a, 1, 0, lambda: False)
    locks.acquire(b, 2, 0, lambda: False)
    waiting = threading.Thread(target=locks.acquire, args=(b, 1, 20, lambda: False))
    waiting.start()
    with locks._changed:
        locks._changed.wait_for(lambda: 1 in locks._waiting, timeout=20)
    with pytest.raises(SqlError, match="deadlock"):
        locks.acquire(a, 2, 20, lambda: False)
    locks.release(2)
    waiting.join(20)
    assert not waiting.is_alive()


def test_a_transaction_over_two_databases_is_refused(client: Client, second: Client) -> None:
    client.rows("CREATE DATABASE IF NOT EXISTS ELSEWHERE")
    client.rows("USE SCHEMA DB.SFETL")
    client.rows("CREATE OR REPLACE TABLE ELSEWHERE.PUBLIC.T (A NUMBER(3,0))")
    client.rows("BEGIN")
    client.rows("UPDATE DB.SFETL.HEAD SET G = 5")
    error = client.failure("INSERT INTO ELSEWHERE.PUBLIC.T VALUES (1)")
    assert "more than one database" in str(error.msg)
    client.rows("ROLLBACK")
    assert generations(second) == [1, 1]


def test_errors_are_the_connectors_own(client: Client) -> None:
    assert isinstance(client.failure("SELECT * FROM NOT_THERE"), snowflake.connector.errors.ProgrammingError)
