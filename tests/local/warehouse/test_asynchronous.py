"""Queries that DuckDB computes are interrupted; statements held back; one statement at a time in a session."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import snowflake.connector
from warehouse_client import Client

from local.warehouse.serving.faults import Fault
from local.warehouse.serving.server import RunningWarehouse


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


def test_statement_timeout(client: Client) -> None:
    client.rows("ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = 1")
    error = client.failure("SELECT SUM(a.range * b.range) FROM range(1000000) a, range(1000000) b")
    assert error.errno == 630
    assert "timeout of 1 second(s)" in str(error.msg)


def test_a_statement_that_waits_for_its_turn_can_be_cancelled(
    client: Client, second: Client, warehouse: RunningWarehouse
) -> None:
    hold(warehouse, "holds the turn")
    holding, waiting = start(client, "SELECT 'holds the turn'"), start(client, "SELECT 'waits'")
    second.connection.cursor().abort_query(waiting)
    finished(warehouse, waiting)
    assert second.connection.get_query_status(holding).name == "RUNNING"
    second.connection.cursor().abort_query(holding)
    finished(warehouse, holding)


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
