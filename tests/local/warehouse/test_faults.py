"""Faults on request, seen by the real connector and by plain HTTP."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import snowflake.connector
from warehouse_client import STAGE, Client, Connect

from local.stack.waiting import wait_until
from local.warehouse.errors import SqlError
from local.warehouse.serving.faults import Fault, Faults
from local.warehouse.serving.server import RunningWarehouse
from local.warehouse.stages.stage_grants import Grant


@pytest.fixture(autouse=True)
def faults(warehouse: RunningWarehouse) -> Iterator[Faults]:
    yield warehouse.warehouse.faults
    warehouse.warehouse.faults.clear()


def struck(faults: Faults) -> list[int]:
    return [active.struck for active in faults.all()]


def test_a_statement_fails_as_told_and_only_as_often(client: Client, faults: Faults) -> None:
    faults.add(Fault(statement="select 'told'", error=SqlError(90073, "22000", "as told"), count=2))
    for _ in range(2):
        error = client.failure("SELECT 'told'")
        assert (error.errno, "as told" in str(error)) == (90073, True)
    assert client.rows("SELECT 'told'") == [("told",)]
    assert struck(faults) == [2]


def test_a_pattern_may_be_a_regular_expression(client: Client, faults: Faults) -> None:
    faults.add(Fault(statement=r"^SELECT\s+'a[0-9]'", error=SqlError(1, "", "x"), count=None))
    assert client.failure("SELECT 'a7'").errno == 1
    assert client.rows("SELECT 'ab'") == [("ab",)]


def test_chance_is_repeatable(faults: Faults) -> None:
    drawn = []
    for _ in range(2):
        faults.add(Fault(statement="x", delay_seconds=0, count=None, probability=0.5, seed=7))
        drawn.append([faults.take(lambda _: True) is not None for _ in range(50)])
        faults.clear()
    assert drawn[0] == drawn[1]
    assert 10 < sum(drawn[0]) < 40


def test_a_failed_statement_was_not_carried_out(client: Client, faults: Faults) -> None:
    client.rows("CREATE OR REPLACE TABLE UNTOUCHED (A NUMBER(3,0))")
    faults.add(Fault(statement="INSERT INTO UNTOUCHED", error=SqlError(1, "", "x")))
    client.failure("INSERT INTO UNTOUCHED VALUES (1)")
    assert client.rows("SELECT COUNT(*) FROM UNTOUCHED") == [(0,)]


def test_a_status_is_answered_and_the_connector_tries_again(client: Client, faults: Faults) -> None:
    client.rows("CREATE OR REPLACE TABLE ONCE_MORE (A NUMBER(3,0))")
    faults.add(Fault(statement="INSERT INTO ONCE_MORE", status=503))
    client.rows("INSERT INTO ONCE_MORE VALUES (1)")
    assert client.rows("SELECT COUNT(*) FROM ONCE_MORE") == [(1,)]
    assert struck(faults) == [1]


def test_a_status_says_when_to_come_again(warehouse: RunningWarehouse, faults: Faults) -> None:
    faults.add(Fault(route="login", status=429, retry_after_seconds=7))
    answer = requests.post(f"{warehouse.address}/session/v1/login-request", json={}, timeout=20)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")


def test_an_answer_that_is_lost_was_carried_out_once(client: Client, faults: Faults) -> None:
    client.rows("CREATE OR REPLACE TABLE LOST (A NUMBER(3,0))")
    faults.add(Fault(statement="INSERT INTO LOST", drop_response_at=0))
    client.rows("INSERT INTO LOST VALUES (1)")
    assert client.rows("SELECT COUNT(*) FROM LOST") == [(1,)]
    assert struck(faults) == [1]


def test_an_answer_breaks_off_at_its_byte(warehouse: RunningWarehouse, faults: Faults) -> None:
    faults.add(Fault(route="login", drop_response_at=10))
    connection = http.client.HTTPConnection("127.0.0.1", warehouse.port, timeout=20)
    connection.request("POST", "/session/v1/login-request", body=b"{}")
    with pytest.raises(http.client.IncompleteRead) as caught:
        connection.getresponse().read()
    connection.close()
    assert len(caught.value.partial) == 10


def test_an_upload_breaks_off_at_its_byte_and_leaves_nothing(
    client: Client, warehouse: RunningWarehouse, faults: Faults
) -> None:
    faults.add(Fault(route="upload", drop_request_at=100_000))
    row = client.stage("dropped/f.tsv", b"x" * 1_000_000)
    assert row[6] == "UPLOADED"
    assert struck(faults) == [1]
    assert [row[1] for row in client.rows(f"LIST '@{STAGE}/dropped/'")] == [1_000_000]
    assert list(warehouse.warehouse.files._uploads.iterdir()) == []


def test_an_upload_that_always_breaks_off_is_never_seen(
    client: Client, faults: Faults, warehouse: RunningWarehouse
) -> None:
    faults.add(Fault(route="upload", drop_request_at=1, count=None))
    token = warehouse.warehouse.grants.add(Grant(("DB", "SFETL", "CHUNKS"), "never", "f"))
    with pytest.raises(requests.exceptions.ConnectionError):
        requests.put(f"{warehouse.address}/stage-upload/{token}/f", data=b"x" * 10_000, timeout=20)
    assert client.rows(f"LIST '@{STAGE}/never/'") == []


def test_a_dropped_connection_at_login_is_tried_again(connect: Connect, faults: Faults) -> None:
    faults.add(Fault(route="login", drop_request_at=1))
    connect().cursor().execute("SELECT 1")
    assert struck(faults) == [1]


def test_what_is_cleared_holds_up_nothing_any_more(client: Client, faults: Faults) -> None:
    faults.add(Fault(statement="SELECT 'held'", delay_seconds=600))
    cursor = client.connection.cursor()
    cursor.execute_async("SELECT 'held'")
    wait_until(lambda: struck(faults) == [1], "holding the statement", 20)
    faults.clear()
    cursor.get_results_from_sfqid(str(cursor.sfqid))
    assert cursor.fetchall() == [("held",)]


def test_over_http(client: Client, warehouse: RunningWarehouse) -> None:
    address = f"{warehouse.address}/control/faults"
    error = {"code": 100132, "message": "so"}
    body = {"statement": "SELECT 'http'", "error": error, "count": None}
    assert requests.post(address, json=body, timeout=20).json()["success"]
    assert client.failure("SELECT 'http'").errno == 100132
    (listed,) = requests.get(address, timeout=20).json()["data"]
    assert (listed["struck"], listed["statement"], listed["error"]) == (1, "SELECT 'http'", error)
    assert requests.delete(address, timeout=20).json()["success"]
    assert client.rows("SELECT 'http'") == [("http",)]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"statement": "x"},
        {"statement": "x", "route": "login", "status": 503},
        {"route": "nowhere", "status": 503},
        {"route": "login", "status": 503, "delay_seconds": 1},
        {"route": "login", "error": {"code": 1, "message": "x"}},
        {"statement": "x", "error": {}},
        {"statement": "x", "drop_request_at": 1},
        {"statement": "x", "kill": "sometimes"},
        {"statement": "x", "kill": "before"},
        {"statement": "x", "unknown": 1},
        {"statement": 7, "status": "x"},
    ],
)
def test_what_is_no_fault_is_refused(warehouse: RunningWarehouse, body: dict[str, Any]) -> None:
    answer = requests.post(f"{warehouse.address}/control/faults", json=body, timeout=20)
    assert (answer.status_code, answer.json()["success"]) == (200, False)
    assert warehouse.warehouse.faults.all() == []


def test_the_clock_is_moved_over_http(warehouse: RunningWarehouse) -> None:
    address = f"{warehouse.address}/control/clock"
    before = warehouse.warehouse.clock.now()
    answer = requests.post(address, json={"advance_seconds": 3600}, timeout=20).json()
    assert answer["success"]
    assert (warehouse.warehouse.clock.now() - before).total_seconds() >= 3600
    assert requests.get(address, timeout=20).json()["data"]["now"] >= answer["data"]["now"]
    for wrong in ({}, {"advance_seconds": -1}, {"advance_seconds": "soon"}, {"advance_seconds": 1e30}):
        assert not requests.post(address, json=wrong, timeout=20).json()["success"]


def test_a_statement_that_is_held_can_be_cancelled(client: Client, second: Client, faults: Faults) -> None:
    faults.add(Fault(statement="SELECT 'stuck'", delay_seconds=600))
    cursor = client.connection.cursor()
    cursor.execute_async("SELECT 'stuck'")
    wait_until(lambda: struck(faults) == [1], "holding the statement", 20)
    second.connection.cursor().abort_query(str(cursor.sfqid))
    # The first call tells of it only when the statement has ended by then.
    with pytest.raises(snowflake.connector.errors.DatabaseError) as caught:  # noqa: PT012
        cursor.get_results_from_sfqid(str(cursor.sfqid))
        cursor.fetchall()
    assert caught.value.errno == 604
