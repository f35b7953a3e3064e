"""No request brings the server down, and none is answered with 500, which clients would repeat for ever."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
from collections.abc import Iterator

import pytest
import snowflake.connector

from local.warehouse.serving.server import RunningWarehouse

QUERY = "/queries/v1/query-request"
ROUTES = (
    ("POST", "/session/v1/login-request"),
    ("POST", "/session"),
    ("POST", "/session/heartbeat"),
    ("POST", QUERY),
    ("POST", "/queries/v1/abort-request"),
    ("POST", "/queries/nothing/abort-request"),
    ("GET", "/queries/nothing/result"),
    ("GET", "/monitoring/queries/nothing"),
    ("POST", "/telemetry/send"),
    ("POST", "/control/faults"),
    ("POST", "/control/clock"),
    ("PUT", "/stage-upload/guess/f"),
    ("PUT", "/stage-storage/bucket/f"),
    ("HEAD", "/stage-storage/bucket/f"),
)
BODIES = (
    b"",
    b"{",
    b"[]",
    b"null",
    b"7",
    b'{"data": 7}',
    b'{"data": {"SESSION_PARAMETERS": 7}}',
    b'{"data": {"LOGIN_NAME": {"a": []}}}',
    b'{"sqlText": {"a": 1}, "bindings": [1], "parameters": 3}',
    b'{"sqlText": "SELECT ?", "bindings": {"1": {"type": "NONSENSE", "value": {}}}}',
    b'{"advance_seconds": NaN}',
    b'{"statement": "x", "count": -1, "status": 503}',
    b"\xff\x00\xfe",
    b"[" * 100_000,
)


@pytest.fixture(autouse=True)
def _still_serves(local_warehouse: RunningWarehouse) -> Iterator[None]:
    yield
    assert local_warehouse.warehouse.faults.all() == []
    with snowflake.connector.connect(**local_warehouse.connection_parameters()) as connection:
        assert connection.cursor().execute("SELECT 1").fetchall() == [(1,)]


@pytest.fixture(scope="module")
def token(local_warehouse: RunningWarehouse) -> Iterator[str]:
    """The token of a session that is logged in."""
    with snowflake.connector.connect(**local_warehouse.connection_parameters()) as connection:
        yield str(connection.rest.token)  # type: ignore[union-attr]


def send(
    warehouse: RunningWarehouse,
    method: str,
    path: str,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
) -> tuple[int, bytes]:
    """One request as it is, with no client that would correct it."""
    connection = http.client.HTTPConnection(warehouse.host, warehouse.port, timeout=20)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def send_raw(warehouse: RunningWarehouse, content: bytes) -> bytes:
    """Bytes that need not be HTTP; gives what comes back until the other side closes, or nothing."""
    with socket.create_connection((warehouse.host, warehouse.port), timeout=20) as connection:
        connection.sendall(content)
        connection.shutdown(socket.SHUT_WR)
        came = b""
        while piece := connection.recv(65_536):
            came += piece
        return came


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_bodies_that_make_no_sense(
    local_warehouse: RunningWarehouse, token: str, method: str, path: str
) -> None:
    for headers in ({}, {"Authorization": f'Snowflake Token="{token}"'}):
        if headers and path == "/session":
            headers = {}
        for body in BODIES:
            status, _ = send(local_warehouse, method, path, body, headers)
            assert status < 500, body[:80]


@pytest.mark.parametrize("body", [b"no gzip at all", gzip.compress(b"{")[:-3], gzip.compress(b"x" * 10)])
def test_bodies_that_do_not_unpack(local_warehouse: RunningWarehouse, body: bytes) -> None:
    status, answer = send(local_warehouse, "POST", QUERY, body, {"Content-Encoding": "gzip"})
    assert (status, json.loads(answer)["success"]) == (200, False)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/nowhere", 404),
        ("GET", QUERY, 405),
        ("DELETE", "/session/v1/login-request", 405),
        ("POST", "/stage-upload/guess/f", 405),
        ("GET", "/stage-storage/bucket/f", 405),
        ("PUT", "/stage-upload/guess/../../../etc/passwd", 400),
        ("PUT", "/stage-upload/guess/%2e%2e%2f%2e%2e%2fetc", 400),
        ("PUT", "/stage-upload/../../etc/passwd", 400),
        ("GET", "/queries/%00/result", 200),
        ("GET", "/monitoring/queries/" + "x" * 10_000, 200),
        ("TRACE", "/", 405),
    ],
)
def test_routes_and_methods_that_do_not_exist(
    local_warehouse: RunningWarehouse, method: str, path: str, expected: int
) -> None:
    assert send(local_warehouse, method, path)[0] == expected


def test_headers_that_are_too_big_or_wrong(local_warehouse: RunningWarehouse) -> None:
    for headers in (
        {"X-Big": "x" * 1_000_000},
        {"Authorization": "Snowflake Token=" + '"' * 5_000},
        {"Content-Encoding": "nonsense"},
        {"Content-Type": "image/png; charset=\xff"},
        {"x-goog-meta-encryptiondata": "{"},
    ):
        try:
            status, _ = send(local_warehouse, "POST", QUERY, b"{}", headers)
        except (http.client.HTTPException, OSError):
            continue  # it hung up on the client, which is an answer, too
        assert status < 500


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"NONSENSE\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST " + QUERY.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{half",
        b"POST " + QUERY.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n{}",
        b"POST " + QUERY.encode() + b" HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"PUT /stage-upload/guess/f HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf",
        b"GET /health HTTP/1.1\r\n",
    ],
)
def test_what_is_no_request_or_half_of_one(local_warehouse: RunningWarehouse, content: bytes) -> None:
    assert b" 500 " not in send_raw(local_warehouse, content).partition(b"\r\n")[0]


def test_a_bad_upload_of_a_known_grant(local_warehouse: RunningWarehouse, token: str) -> None:
    headers = {"Authorization": f'Snowflake Token="{token}"'}
    body = json.dumps({"sqlText": "PUT file:///tmp/f @~/hostile"}).encode()
    _, answer = send(local_warehouse, "POST", QUERY, body, headers)
    path = json.loads(answer)["data"]["stageInfo"]["presignedUrl"].partition(str(local_warehouse.port))[2]
    for wrong in ("{", "[]", "7", '{"WrappedContentKey": 7}'):
        status, _ = send(local_warehouse, "PUT", path, b"x", {"x-goog-meta-encryptiondata": wrong})
        assert status < 500
    assert send(local_warehouse, "PUT", path + "/../../../escaped", b"x")[0] == 200
    root = local_warehouse.warehouse.root
    (file,) = [found for found in root.rglob("*") if found.is_file() and found.read_bytes() == b"x"]
    assert "stages" in file.relative_to(root).parts[0]
