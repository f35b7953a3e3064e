"""TLS to the warehouse in a tunnel of a real Squid, as with Snowflake itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from local.warehouse.serving.server import RunningWarehouse, running_warehouse
from sfetl_provider.adapters.snowflake_session import SnowflakeSession, open_connection
from sfetl_provider.core.errors import ProxyDeniedError, TlsUntrustedError
from tests.adapters.conftest import STAGE
from tests.adapters.squid import INNER_HOST, PASSWORD, USER, RunningSquid


@pytest.fixture(scope="module")
def encrypted() -> Iterator[RunningWarehouse]:
    with running_warehouse(tls=True, names=(INNER_HOST,)) as running:
        yield running


def tunnelled(encrypted: RunningWarehouse, squid: RunningSquid, password: str = PASSWORD) -> dict[str, Any]:
    return {
        "account": "local",
        "user": "local",
        "password": "local",
        "host": INNER_HOST,
        "port": encrypted.port,
        "protocol": "https",
        "login_timeout": 2,
        "proxy_host": "127.0.0.1",
        "proxy_port": str(squid.port),
        "proxy_user": quote(USER, safe=""),
        "proxy_password": quote(password, safe=""),
    }


def test_login_query_and_put_pass_the_tunnel(
    encrypted: RunningWarehouse, squid: RunningSquid, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(encrypted.ca_bundle))
    monkeypatch.setenv("NO_PROXY", "*")
    chunk = tmp_path / "part-00001.tsv.zst"
    chunk.write_bytes(b"x")

    with SnowflakeSession(open_connection(tunnelled(encrypted, squid))) as session:
        for statement in (
            "CREATE DATABASE DB",
            "CREATE SCHEMA DB.SFETL",
            f"CREATE STAGE {STAGE[1:]} ENCRYPTION=(TYPE='SNOWFLAKE_SSE')",
        ):
            session.query(statement)
        session.upload(chunk, f"{STAGE}/tunnelled/")
        assert len(session.list_stage(f"{STAGE}/tunnelled/")) == 1

    granted = {(found.method, found.address, found.user) for found in squid.stop() if found.status == 200}
    assert granted == {("CONNECT", f"{INNER_HOST}:{encrypted.port}", USER)}


def test_a_certificate_that_nobody_vouches_for_is_refused(
    encrypted: RunningWarehouse, squid: RunningSquid, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)

    with pytest.raises(TlsUntrustedError, match="is not trusted") as caught:
        open_connection(tunnelled(encrypted, squid))

    assert PASSWORD not in str(caught.value)


def test_a_wrong_password_is_refused_and_shown_nowhere(
    encrypted: RunningWarehouse, squid: RunningSquid, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"), pytest.raises(ProxyDeniedError, match="407") as caught:
        open_connection(tunnelled(encrypted, squid, "wr0ng@/:%é"))

    assert "wr0ng" not in str(caught.value) + caplog.text
    # Connector 4.8 tries four times before its error reaches us; each counts against an account's lockout.
    assert [found.status for found in squid.requests()] == [407] * 4
