"""Queries that run in the background: state, result, cancel, repeated requests."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import snowflake.connector
from snowflake.connector.constants import QueryStatus
from warehouse_client import Client, Connect

from local.warehouse.faults import Fault
from local.warehouse.server import RunningWarehouse


@pytest.fixture(autouse=True)
def _no_faults(warehouse: RunningWarehouse) -> Iterator[None]:
    yield
    warehouse.warehouse.faults.clear()


def hold(warehouse: RunningWarehouse, pattern: str, seconds: float = 60) -> None:
    """Keep the next statement with this pattern from starting."""
    warehouse.warehouse.faults.add(Fault(statement=pattern, delay_seconds=seconds))


def start(client: Client, statement: str) -> str:
    cursor = client.connection.cursor()
    cursor.execute_async(statement)
    assert cursor.sfqid
    return str(cursor.sfqid)


def finished(warehouse: RunningWarehouse, query_id: str) -> None:
    query = warehouse.warehouse.queries.get(query_id)
    assert query is not None
    query.done.result(timeout=20)


def test_runs_in_the_background(client: Client, second: Client, warehouse: RunningWarehouse) -> None:
    hold(warehouse, "background")
    query_id = start(client, "SELECT 'background' AS A")
    assert client.connection.get_query_status(query_id) == QueryStatus.RUNNING
    assert second.connection.get_query_status(query_id) == QueryStatus.RUNNING
    assert second.rows("SELECT 1") == [(1,)]
    second.connection.cursor().abort_query(query_id)
    finished(warehouse, query_id)


def test_result_from_another_session_after_logout(
    connect: Connect, second: Client, warehouse: RunningWarehouse, tmp_path: Any
) -> None:
    first = Client(connect(), tmp_path)
    hold(warehouse, "after logout", 0.3)
    query_id = start(first, "SELECT 'after logout' AS A, 7 AS B")
    warehouse.warehouse.sessions.close(
        next(s for s in warehouse.warehouse.sessions.all() if s.id == first.connection.session_id)
    )
    cursor = second.connection.cursor()
    cursor.get_results_from_sfqid(query_id)
    assert cursor.fetchall() == [("after logout", 7)]
    assert second.connection.get_query_status(query_id) == QueryStatus.SUCCESS


def test_failure_carries_code_and_text(client: Client, second: Client, warehouse: RunningWarehouse) -> None:
    query_id = start(client, "SELECT * FROM NOT_THERE")
    finished(warehouse, query_id)
    assert second.connection.get_query_status(query_id) == QueryStatus.FAILED_WITH_ERROR
    with pytest.raises(snowflake.connector.errors.ProgrammingError) as caught:
        second.connection.get_query_status_throw_if_error(query_id)
    assert caught.value.errno == 2003
    assert "NOT_THERE" in str(caught.value.msg)


def test_unknown_query_has_no_data(client: Client) -> None:
    assert client.connection.get_query_status(str(uuid.uuid4())) == QueryStatus.NO_DATA


@pytest.mark.parametrize("by", ["statement", "method"])
def test_cancel(client: Client, second: Client, warehouse: RunningWarehouse, by: str) -> None:
    query_id = start(client, "SELECT SUM(a.range * b.range) FROM range(1000000) a, range(1000000) b")
    if by == "statement":
        assert second.rows(f"SELECT SYSTEM$CANCEL_QUERY('{query_id}')") == [
            (f"query [{query_id}] terminated.",)
        ]
    else:
        assert second.connection.cursor().abort_query(query_id)
    finished(warehouse, query_id)
    with pytest.raises(snowflake.connector.errors.ProgrammingError) as caught:
        second.connection.get_query_status_throw_if_error(query_id)
    assert caught.value.errno == 604
    assert client.rows("SELECT 1") == [(1,)]


def test_cancel_of_a_finished_query_says_so(client: Client) -> None:
    ((said,),) = client.rows(f"SELECT SYSTEM$CANCEL_QUERY('{uuid.uuid4()}')")
    assert said.startswith("Identified SQL statement is not currently executing")


def test_statement_timeout(client: Client) -> None:
    client.rows("ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = 1")
    error = client.failure("SELECT SUM(a.range * b.range) FROM range(1000000) a, range(1000000) b")
    assert error.errno == 630
    assert "timeout of 1 second(s)" in str(error.msg)


def test_slow_synchronous_statement_is_polled(client: Client, warehouse: RunningWarehouse) -> None:
    hold(warehouse, "polled", 1)
    assert client.rows("SELECT 'polled'") == [("polled",)]


def test_repeated_request_is_executed_once(client: Client, warehouse: RunningWarehouse) -> None:
    client.rows("CREATE OR REPLACE TABLE ONCE (A NUMBER(3,0))")
    rest = client.connection.rest
    assert rest is not None
    address = f"/queries/v1/query-request?requestId={uuid.uuid4()}"
    body = {"sqlText": "INSERT INTO ONCE VALUES (1)", "asyncExec": False, "sequenceId": 1}
    first = rest.request(address, body)
    again = rest.request(f"{address}&retryCount=1", body)
    assert first["data"]["queryId"] == again["data"]["queryId"]
    assert client.rows("SELECT COUNT(*) FROM ONCE") == [(1,)]


def test_sessions_run_side_by_side(client: Client, second: Client, warehouse: RunningWarehouse) -> None:
    hold(warehouse, "held back")
    query_id = start(client, "SELECT 'held back'")
    waiting = threading.Thread(target=client.rows, args=("SELECT 'next in the same session'",))
    waiting.start()
    assert second.rows("SELECT 'other session'") == [("other session",)]
    assert waiting.is_alive()
    second.connection.cursor().abort_query(query_id)
    waiting.join(20)
    assert not waiting.is_alive()
