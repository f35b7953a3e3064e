"""TLS to the warehouse in a tunnel of a real Squid, as with Snowflake itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.warehouse.serving.server import RunningWarehouse, running_warehouse
from sfetl_provider.adapters.network.login_fault import target_of
from sfetl_provider.adapters.network.route import network_options
from sfetl_provider.adapters.snowflake_session import SnowflakeSession, open_connection
from sfetl_provider.core.errors import ProxyAuthenticationError, TlsUntrustedError
from sfetl_provider.core.network.settings_reading import ProxyFields, read_proxy_settings
from tests.adapters.conftest import STAGE
from tests.adapters.squid import INNER_HOST, PASSWORD, USER, RunningSquid


@pytest.fixture(scope="module")
def encrypted() -> Iterator[RunningWarehouse]:
    with running_warehouse(tls=True, names=(INNER_HOST,)) as running:
        yield running


def tunnelled(
    encrypted: RunningWarehouse, squid: RunningSquid, password: str = PASSWORD, **more: Any
) -> dict[str, Any]:
    """Options as the hook makes them of a proxy connection, for the warehouse by its inner name."""
    extra = {"ca_bundle": str(encrypted.ca_bundle), **more}
    fields = ProxyFields("corp_proxy", "127.0.0.1", squid.port, USER, password, extra)
    options = {
        "account": "local",
        "user": "local",
        "password": "local",
        "host": INNER_HOST,
        "port": encrypted.port,
        "protocol": "https",
        "login_timeout": 2,
    }
    return options | network_options(read_proxy_settings(fields, {}), target_of(options))


def test_login_query_and_put_pass_the_tunnel(
    encrypted: RunningWarehouse, squid: RunningSquid, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/where")
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


def test_a_certificate_that_nobody_vouches_for_is_refused_with_its_issuer(
    encrypted: RunningWarehouse, squid: RunningSquid, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(encrypted.ca_bundle))

    with pytest.raises(
        TlsUntrustedError, match=r"issued by sfetl local warehouse \(.*is not trusted"
    ) as caught:
        open_connection(tunnelled(encrypted, squid, ca_bundle=""))

    assert PASSWORD not in str(caught.value)


def test_insecure_verifies_nothing_for_that_connection_alone_and_warns_each_time(
    encrypted: RunningWarehouse, squid: RunningSquid, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    chunk = tmp_path / "part-00001.tsv.zst"
    chunk.write_bytes(b"x")

    with SnowflakeSession(
        open_connection(tunnelled(encrypted, squid, ca_bundle="", insecure=True))
    ) as session:
        session.query("CREATE OR REPLACE STAGE DB.SFETL.CHUNKS ENCRYPTION=(TYPE='SNOWFLAKE_SSE')")
        session.upload(chunk, f"{STAGE}/insecure/")
        with pytest.raises(TlsUntrustedError):
            open_connection(tunnelled(encrypted, squid, ca_bundle=""))

    warnings = [record.message for record in caplog.records if "NOT verified" in record.message]
    assert len(warnings) == 1
    assert INNER_HOST in warnings[0]


def test_a_wrong_password_is_asked_with_once_and_shown_nowhere(
    encrypted: RunningWarehouse, squid: RunningSquid, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"), pytest.raises(ProxyAuthenticationError, match="407") as caught:
        tunnelled(encrypted, squid, "wr0ng@/:%é", authentication="basic")

    assert "wr0ng" not in str(caught.value) + caplog.text
    # Each counts against an account's lockout; the connector alone would ask four times.
    assert [found.status for found in squid.requests()] == [407]
