"""Queries that run in the background, and what becomes of running queries when their session goes.

https://docs.snowflake.com/en/developer-guide/python-connector/python-connector-example
https://docs.snowflake.com/en/sql-reference/parameters#abort-detached-query
"""

from __future__ import annotations

import datetime
import uuid

import pytest
import snowflake.connector
from snowflake.connector import SnowflakeConnection
from snowflake.connector.constants import QueryStatus

from tests.contracts.warehouse.backend import Backend
from tests.contracts.warehouse.player import forget
from tests.contracts.warehouse.sessions_of_a_test import (
    Later,
    Sessions,
    error_of,
    eventually,
    rows,
)

LONG = "SELECT SYSTEM$WAIT(600)"


@pytest.fixture
def first(sessions: Sessions) -> SnowflakeConnection:
    return sessions.open()


@pytest.fixture
def second(sessions: Sessions) -> SnowflakeConnection:
    return sessions.open()


def start(session: SnowflakeConnection, statement: str) -> str:
    cursor = session.cursor()
    cursor.execute_async(statement)
    return str(cursor.sfqid)


def ended(session: SnowflakeConnection, query_id: str) -> QueryStatus:
    """The state of a query when it has ended."""
    eventually(lambda: not session.is_still_running(session.get_query_status(query_id)))
    return session.get_query_status(query_id)


def failure(session: SnowflakeConnection, query_id: str) -> snowflake.connector.errors.Error:
    assert ended(session, query_id) == QueryStatus.FAILED_WITH_ERROR
    error = error_of(lambda: session.get_query_status_throw_if_error(query_id))
    assert error is not None
    return error


def test_an_asynchronous_query_is_seen_from_any_session(
    first: SnowflakeConnection, second: SnowflakeConnection
) -> None:
    query_id = start(first, LONG)
    assert first.get_query_status(query_id) == QueryStatus.RUNNING
    assert second.get_query_status(query_id) == QueryStatus.RUNNING
    assert rows(second, "SELECT 1") == [(1,)]
    second.cursor().abort_query(query_id)
    assert failure(first, query_id).errno == 604


def test_its_result_comes_to_any_session(first: SnowflakeConnection, second: SnowflakeConnection) -> None:
    query_id = start(first, "SELECT 'background' AS A, 7 AS B")
    cursor = second.cursor()
    cursor.get_results_from_sfqid(query_id)
    assert cursor.fetchall() == [("background", 7)]
    assert first.get_query_status(query_id) == QueryStatus.SUCCESS


def test_failure_carries_code_and_text(first: SnowflakeConnection, second: SnowflakeConnection) -> None:
    error = failure(second, start(first, "SELECT * FROM NOT_THERE"))
    assert error.errno == 2003
    assert "NOT_THERE" in str(error.msg)


def test_unknown_query_has_no_data(first: SnowflakeConnection) -> None:
    assert first.get_query_status(str(uuid.uuid4())) == QueryStatus.NO_DATA


def test_cancel_by_statement(first: SnowflakeConnection, second: SnowflakeConnection) -> None:
    query_id = start(first, LONG)
    assert rows(second, f"SELECT SYSTEM$CANCEL_QUERY('{query_id}')") == [(f"query [{query_id}] terminated.",)]
    assert failure(first, query_id).errno == 604
    assert rows(first, "SELECT 1") == [(1,)]


def test_statement_timeout(sessions: Sessions) -> None:
    hasty = sessions.open(STATEMENT_TIMEOUT_IN_SECONDS=1)
    error = error_of(lambda: rows(hasty, LONG))
    assert error is not None
    assert error.errno == 630
    assert "timeout of 1 second(s)" in str(error.msg)


def test_slow_synchronous_statement_is_polled(first: SnowflakeConnection) -> None:
    assert rows(first, "SELECT SYSTEM$WAIT(1)") == [("waited 1 seconds",)]


@pytest.mark.parametrize("is_asynchronous", [False, True])
def test_repeated_request_is_executed_once(first: SnowflakeConnection, is_asynchronous: bool) -> None:
    rows(first, "CREATE TABLE ONCE (A NUMBER(3,0))")
    rest = first.rest
    assert rest is not None
    address = f"/queries/v1/query-request?requestId={uuid.uuid4()}"
    body = {"sqlText": "INSERT INTO ONCE VALUES (1)", "asyncExec": is_asynchronous, "sequenceId": 1}
    answers = [rest.request(address + retry, body) for retry in ("", "&retryCount=1", "&retryCount=2")]
    assert len({answer["data"]["queryId"] for answer in answers}) == 1
    assert ended(first, answers[0]["data"]["queryId"]) == QueryStatus.SUCCESS
    assert rows(first, "SELECT COUNT(*) FROM ONCE") == [(1,)]


def test_logging_out_aborts_synchronous_queries(sessions: Sessions, second: SnowflakeConnection) -> None:
    tag = f"synchronous {uuid.uuid4()}"
    leaving = sessions.open(QUERY_TAG=tag)
    running = Later(lambda: error_of(lambda: rows(leaving, LONG)))
    history = (
        "SELECT QUERY_ID, EXECUTION_STATUS FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY(RESULT_LIMIT => 1000)) "
        "WHERE QUERY_TAG = ?"
    )
    eventually(lambda: [row[1] for row in rows(second, history, (tag,))] == ["RUNNING"])
    query_id = rows(second, history, (tag,))[0][0]
    assert leaving.rest is not None
    leaving.rest.delete_session()
    assert failure(second, query_id).errno == 604
    assert running.result() is not None


def test_an_asynchronous_query_has_two_minutes_after_the_log_out(
    backend: Backend, sessions: Sessions, second: SnowflakeConnection
) -> None:
    leaving = sessions.open()
    brief, long = start(leaving, "SELECT 'brief' AS A"), start(sessions.open(), LONG)
    left = start(leaving, LONG)
    assert leaving.rest is not None
    leaving.rest.delete_session()
    assert ended(second, brief) == QueryStatus.SUCCESS
    assert second.get_query_status(left) == QueryStatus.RUNNING
    if backend.advance is not None:
        backend.advance(121)
        assert failure(second, left).errno == 604
        assert second.get_query_status(long) == QueryStatus.RUNNING
    second.cursor().abort_query(long)


@pytest.mark.parametrize("is_aborting", [True, False])
def test_a_query_whose_client_is_lost(
    backend: Backend, sessions: Sessions, second: SnowflakeConnection, is_aborting: bool
) -> None:
    lost = sessions.open(ABORT_DETACHED_QUERY=is_aborting)
    query_id = start(lost, LONG)
    forget(lost)
    assert second.get_query_status(query_id) == QueryStatus.RUNNING
    if backend.advance is not None:
        backend.advance(290)
        assert second.get_query_status(query_id) == QueryStatus.RUNNING
        backend.advance(20)
        if is_aborting:
            assert failure(second, query_id).errno == 604
        else:
            assert second.get_query_status(query_id) == QueryStatus.RUNNING
    second.cursor().abort_query(query_id)
    assert ended(second, query_id) == QueryStatus.FAILED_WITH_ERROR


def test_a_heartbeat_is_a_sign_of_life(
    backend: Backend, sessions: Sessions, second: SnowflakeConnection
) -> None:
    alive = sessions.open(ABORT_DETACHED_QUERY=True)
    query_id = start(alive, LONG)
    for _ in range(3):
        if backend.advance is not None:
            backend.advance(200)
        assert alive._heartbeat_tick() is None
        assert second.get_query_status(query_id) == QueryStatus.RUNNING
    second.cursor().abort_query(query_id)
    assert ended(second, query_id) == QueryStatus.FAILED_WITH_ERROR


def test_a_value_can_be_bound_inside_the_call_of_a_table_function(sessions: Sessions) -> None:
    session = sessions.open(QUERY_TAG=f"bound {uuid.uuid4()}")
    rows(session, "SELECT 'found'")
    statement = (
        "SELECT QUERY_TEXT FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY_BY_SESSION(END_TIME_RANGE_START => ?)) "
        "WHERE START_TIME < ? AND EXECUTION_STATUS = ?"
    )
    ((now,),) = rows(session, "SELECT CURRENT_TIMESTAMP()")
    hour = datetime.timedelta(hours=1)
    assert ("SELECT 'found'",) in rows(session, statement, (now - hour, now + hour, "SUCCESS"))
    assert rows(session, statement, (now - hour, now - hour, "SUCCESS")) == []
