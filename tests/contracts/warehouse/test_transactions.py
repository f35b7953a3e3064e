"""Rules about several sessions at once: waiting for locks, deadlocks, transactions that others end.

https://docs.snowflake.com/en/sql-reference/transactions#resource-locking
"""

from __future__ import annotations

import pytest
from snowflake.connector import SnowflakeConnection

from tests.contracts.warehouse.backend import Backend
from tests.contracts.warehouse.player import forget
from tests.contracts.warehouse.sessions_of_a_test import (
    Later,
    Sessions,
    error_of,
    eventually,
    rows,
)

RAISE = "UPDATE HEAD SET G = G + 1 WHERE M = '2013-01'"


@pytest.fixture
def first(sessions: Sessions) -> SnowflakeConnection:
    """A session, with two tables."""
    opened = sessions.open()
    rows(opened, "CREATE TABLE HEAD (M VARCHAR(7), G NUMBER(10,0))")
    rows(opened, "CREATE TABLE LEDGER (E NUMBER(10,0))")
    rows(opened, "INSERT INTO HEAD VALUES ('2013-01', 1), ('2013-02', 1)")
    return opened


def waits_for_a_lock(session: SnowflakeConnection, asking: SnowflakeConnection) -> bool:
    """Whether a statement of the session stands in SHOW LOCKS as waiting."""
    cursor = asking.cursor().execute("SHOW LOCKS")
    names = [column.name for column in cursor.description]
    found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return any(row["status"] == "WAITING" and str(row["session"]) == str(session.session_id) for row in found)


def test_a_waiting_update_sees_what_the_first_committed(
    sessions: Sessions, first: SnowflakeConnection
) -> None:
    second = sessions.open()
    rows(first, "BEGIN")
    rows(first, RAISE)
    rows(second, "BEGIN")
    waiting = Later(lambda: second.cursor().execute(f"{RAISE} AND G = 1").rowcount)
    eventually(lambda: waits_for_a_lock(second, first))
    rows(first, "COMMIT")
    assert waiting.result() == 0
    rows(second, "ROLLBACK")
    assert rows(first, "SELECT G FROM HEAD ORDER BY M") == [(2,), (1,)]


def test_a_waiting_update_gets_the_lock_after_rollback(
    sessions: Sessions, first: SnowflakeConnection
) -> None:
    second = sessions.open()
    rows(first, "BEGIN")
    rows(first, "DELETE FROM HEAD")
    waiting = Later(lambda: second.cursor().execute(RAISE).rowcount)
    eventually(lambda: waits_for_a_lock(second, first))
    rows(first, "ROLLBACK")
    assert waiting.result() == 1


def test_lock_timeout_by_the_clock(backend: Backend, sessions: Sessions, first: SnowflakeConnection) -> None:
    second = sessions.open(LOCK_TIMEOUT=100 if backend.advance else 2)
    rows(first, "BEGIN")
    rows(first, RAISE)
    waiting = Later(lambda: error_of(lambda: rows(second, RAISE)))
    if backend.advance:
        eventually(lambda: waits_for_a_lock(second, first))
        backend.advance(101)
    error = waiting.result()
    assert error is not None
    assert error.errno == 625
    assert "has locked table 'HEAD' in transaction" in str(error.msg)
    rows(first, "COMMIT")


def test_a_waiting_statement_can_be_cancelled(sessions: Sessions, first: SnowflakeConnection) -> None:
    second = sessions.open()
    rows(first, "BEGIN")
    rows(first, RAISE)
    cursor = second.cursor()
    cursor.execute_async(RAISE)
    query_id = str(cursor.sfqid)
    eventually(lambda: waits_for_a_lock(second, first))
    assert first.get_query_status(query_id).name == "BLOCKED"
    rows(first, f"SELECT SYSTEM$CANCEL_QUERY('{query_id}')")
    eventually(lambda: not first.is_still_running(first.get_query_status(query_id)))
    assert first.get_query_status(query_id).name == "FAILED_WITH_ERROR"
    rows(first, "COMMIT")
    assert rows(second, "SELECT G FROM HEAD WHERE M = '2013-01'") == [(2,)]


def test_a_deadlock_ends_the_statement_that_closed_it(sessions: Sessions, first: SnowflakeConnection) -> None:
    second = sessions.open()
    rows(first, "INSERT INTO LEDGER VALUES (1)")
    for session, table in ((first, "HEAD"), (second, "LEDGER")):
        rows(session, "BEGIN")
        rows(session, f"DELETE FROM {table}")
    waiting = Later(lambda: first.cursor().execute("DELETE FROM LEDGER").rowcount)
    eventually(lambda: waits_for_a_lock(first, second))
    error = error_of(lambda: rows(second, "DELETE FROM HEAD"))
    assert error is not None
    assert waiting.is_running
    assert rows(second, "SELECT COUNT(*) FROM LEDGER") == [(0,)]
    rows(second, "ROLLBACK")
    assert waiting.result() == 1
    rows(first, "COMMIT")


def test_a_lost_session_that_blocks_is_rolled_back_while_others_wait(
    backend: Backend, sessions: Sessions, first: SnowflakeConnection
) -> None:
    lost = sessions.open()
    rows(lost, "BEGIN")
    rows(lost, "UPDATE HEAD SET G = 100")
    forget(lost)
    waiting = Later(lambda: first.cursor().execute(RAISE).rowcount)
    if backend.advance is None:
        eventually(lambda: waiting.is_running)
        rows(sessions.open(), f"SELECT SYSTEM$ABORT_TRANSACTION({open_transaction(sessions, lost)})")
    else:
        second = sessions.open()
        eventually(lambda: waits_for_a_lock(first, second))
        backend.advance(301)
    assert waiting.result() == 1
    assert rows(first, "SELECT G FROM HEAD ORDER BY M") == [(2,), (1,)]


def open_transaction(sessions: Sessions, session: SnowflakeConnection) -> int:
    """The id of a session's transaction, asked for by another one."""
    cursor = sessions.open().cursor().execute("SHOW TRANSACTIONS")
    names = [column.name for column in cursor.description]
    found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return next(int(row["id"]) for row in found if str(row["session"]) == str(session.session_id))


def test_abort_transaction(sessions: Sessions, first: SnowflakeConnection) -> None:
    lost = sessions.open()
    rows(lost, "BEGIN")
    rows(lost, RAISE)
    ((current,),) = rows(lost, "SELECT CURRENT_TRANSACTION()")
    forget(lost)
    wanted = open_transaction(sessions, lost)
    assert str(wanted) == current
    assert rows(first, f"SELECT SYSTEM$ABORT_TRANSACTION({wanted})") == [
        (f"Aborted transaction id: {wanted}",)
    ]
    assert first.cursor().execute(RAISE).rowcount == 1
    assert rows(first, "SELECT G FROM HEAD ORDER BY M") == [(2,), (1,)]


def test_many_sessions_insert_at_once(sessions: Sessions, first: SnowflakeConnection) -> None:
    def insert(session: SnowflakeConnection) -> None:
        for number in range(5):
            rows(session, "INSERT INTO HEAD VALUES ('c', ?)", (number,))

    others = [sessions.open() for number in range(4)]
    for running in [Later(lambda session=other: insert(session)) for other in others]:
        running.result()
    assert rows(first, "SELECT COUNT(*) FROM HEAD WHERE M = 'c'") == [(20,)]


@pytest.mark.parametrize("is_in_a_transaction", [False, True])
def test_many_bound_rows_are_inserted_together_or_not_at_all(
    sessions: Sessions, first: SnowflakeConnection, is_in_a_transaction: bool
) -> None:
    if is_in_a_transaction:
        rows(first, "BEGIN")
    bad = [("2013-03", 1), ("2013-04", 2), ("far too long", 3)]
    error = error_of(lambda: first.cursor().executemany("INSERT INTO HEAD VALUES (?, ?)", bad))
    assert error is not None
    assert error.errno == 100078
    first.cursor().executemany("INSERT INTO HEAD VALUES (?, ?)", bad[:2])
    rows(first, "COMMIT")
    assert rows(sessions.open(), "SELECT COUNT(*) FROM HEAD") == [(4,)]


def test_a_cancelled_statement_leaves_its_transaction(sessions: Sessions, first: SnowflakeConnection) -> None:
    rows(first, "BEGIN")
    rows(first, RAISE)
    endless = "INSERT INTO LEDGER SELECT COUNT(*) FROM {0} A, {0} B WHERE A.N * B.N < 0".format(
        "(SELECT SEQ4() AS N FROM TABLE(GENERATOR(ROWCOUNT => 1000000)))"
    )
    cursor = first.cursor()
    cursor.execute_async(endless)
    query_id = str(cursor.sfqid)
    second = sessions.open()
    eventually(lambda: second.get_query_status(query_id).name == "RUNNING")
    second.cursor().abort_query(query_id)
    eventually(lambda: not second.is_still_running(second.get_query_status(query_id)))
    error = error_of(lambda: second.get_query_status_throw_if_error(query_id))
    assert error is not None
    assert error.errno == 604
    rows(first, "INSERT INTO LEDGER VALUES (7)")
    rows(first, "COMMIT")
    assert rows(second, "SELECT E FROM LEDGER") == [(7,)]
    assert rows(second, "SELECT G FROM HEAD ORDER BY M") == [(2,), (1,)]
