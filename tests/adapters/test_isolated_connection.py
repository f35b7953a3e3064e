"""A connection with a proxy of its own, through a real Squid."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import certifi
import pytest
from snowflake.connector import SnowflakeConnection

from local.warehouse.serving.server import RunningWarehouse
from sfetl_provider.adapters.network.choice import NETWORK, NetworkChoice
from sfetl_provider.adapters.network.isolated_connection import IsolatedConnection
from sfetl_provider.adapters.snowflake_session import SnowflakeSession, open_connection
from sfetl_provider.core.errors import (
    ProxyAuthenticationError,
    ProxyUnreachableError,
    UploadDeniedError,
    WarehouseUnavailableError,
)
from tests.adapters.conftest import PROXY_VARIABLES, STAGE
from tests.adapters.squid import INNER_HOST, PASSWORD, USER, RunningSquid, running_squid


def proxied(warehouse: RunningWarehouse, port: int, password: str = PASSWORD) -> dict[str, Any]:
    """Options for the warehouse by a name that only the proxy can resolve."""
    return warehouse.connection_parameters() | {
        "host": INNER_HOST,
        "proxy_host": "127.0.0.1",
        "proxy_port": str(port),
        "proxy_user": quote(USER, safe=""),
        "proxy_password": quote(password, safe=""),
        NETWORK: NetworkChoice(certifi.where()),
    }


def test_without_a_proxy_it_is_the_plain_connection(session: SnowflakeSession) -> None:
    assert type(session._connection) is SnowflakeConnection


@pytest.mark.parametrize("environment", ["empty", "dead proxy", "no proxy for anything"])
def test_login_query_and_put_pass_the_proxy_whatever_the_environment_says(
    environment: str,
    warehouse: RunningWarehouse,
    squid: RunningSquid,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in PROXY_VARIABLES[:3] if environment == "dead proxy" else ():
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    if environment == "no proxy for anything":
        monkeypatch.setenv("NO_PROXY", "*")
    chunk = tmp_path / "part-00001.tsv.zst"
    chunk.write_bytes(b"not really compressed")

    with SnowflakeSession(open_connection(proxied(warehouse, squid.port))) as session:
        assert isinstance(session._connection, IsolatedConnection)
        assert session.query("SELECT ?", (7,)).scalar() == 7
        session.upload(chunk, f"{STAGE}/proxied/")

    passed = {(request.method, request.address.rpartition("/")[2]) for request in squid.requests()}
    assert {("POST", "login-request?"), ("POST", "query-request?")} <= passed
    assert ("PUT", "part-00001.tsv.zst") in {(method, name.rstrip("?")) for method, name in passed}


def test_every_request_names_the_user_and_none_is_refused(
    warehouse: RunningWarehouse, squid: RunningSquid
) -> None:
    with SnowflakeSession(open_connection(proxied(warehouse, squid.port))) as session:
        session.query("SELECT 1")

    requests = squid.requests()
    assert {(request.status, request.user) for request in requests} == {(200, USER)}
    assert all(INNER_HOST in request.address for request in requests)


def test_the_inner_host_cannot_be_reached_without_the_proxy(warehouse: RunningWarehouse) -> None:
    options = warehouse.connection_parameters() | {"host": INNER_HOST, "login_timeout": 1}

    with pytest.raises(WarehouseUnavailableError):
        open_connection(options)


def test_hosts_of_the_bypass_list_are_reached_directly(
    warehouse: RunningWarehouse, squid: RunningSquid
) -> None:
    options = proxied(warehouse, squid.port) | {"host": "127.0.0.1"}
    options[NETWORK] = NetworkChoice(certifi.where(), bypass=("example.com", "127.0.0.1"))

    with SnowflakeSession(open_connection(options)) as session:
        assert session.query("SELECT 1").scalar() == 1

    assert squid.requests() == []


def test_a_wrong_password_is_refused_at_once(
    warehouse: RunningWarehouse, squid: RunningSquid, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = "wr0ng@/:%é"
    with caplog.at_level("DEBUG"), pytest.raises(ProxyAuthenticationError, match="407") as caught:
        open_connection(proxied(warehouse, squid.port, wrong))

    for secret in (wrong, quote(wrong, safe=""), "wr0ng", "local:local"):
        assert secret not in str(caught.value)
        assert secret not in caplog.text
    # Plain HTTP to the warehouse: one refused request. Each one counts against an account's lockout.
    assert [request.status for request in squid.requests()] == [407]


def test_an_upload_that_the_proxy_forbids_fails_without_showing_its_address(
    warehouse: RunningWarehouse, tmp_path: Path
) -> None:
    chunk = tmp_path / "part-00001.tsv.zst"
    chunk.write_bytes(b"not really compressed")

    with (
        running_squid(blocked="stage-upload") as squid,
        SnowflakeSession(open_connection(proxied(warehouse, squid.port))) as session,
        pytest.raises(UploadDeniedError, match="answered 403") as caught,
    ):
        session.upload(chunk, f"{STAGE}/forbidden/")

    assert "http" not in str(caught.value)


def test_a_proxy_that_is_down_is_worth_a_retry(warehouse: RunningWarehouse) -> None:
    options = proxied(warehouse, 9) | {"login_timeout": 1}

    with pytest.raises(ProxyUnreachableError) as caught:
        open_connection(options)

    assert PASSWORD not in str(caught.value)
    assert "://" not in str(caught.value)
