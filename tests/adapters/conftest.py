"""The adapters against real parts: the real connector, the local warehouse over HTTP, Squid, files."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.warehouse.serving.server import RunningWarehouse, running_warehouse
from sfetl_provider.adapters.snowflake_session import SnowflakeSession, open_connection
from tests.adapters.squid import RunningSquid, running_squid

STAGE = '@"DB"."SFETL"."CHUNKS"'
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def _no_proxies_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="module")
def warehouse() -> Iterator[RunningWarehouse]:
    """A server in memory with a database, a schema and a stage."""
    with running_warehouse(synchronous_seconds=0.3) as running:
        with SnowflakeSession(open_connection(running.connection_parameters())) as session:
            for statement in (
                "CREATE DATABASE DB",
                "CREATE SCHEMA DB.SFETL",
                f"CREATE STAGE {STAGE[1:]} ENCRYPTION=(TYPE='SNOWFLAKE_SSE')",
            ):
                session.query(statement)
        yield running


@pytest.fixture
def session(warehouse: RunningWarehouse) -> Iterator[SnowflakeSession]:
    """One session."""
    with SnowflakeSession(open_connection(warehouse.connection_parameters())) as opened:
        yield opened


@pytest.fixture
def other_session(warehouse: RunningWarehouse) -> Iterator[SnowflakeSession]:
    """Another session, of another login."""
    with SnowflakeSession(open_connection(warehouse.connection_parameters())) as opened:
        yield opened


@pytest.fixture
def squid() -> Iterator[RunningSquid]:
    """A proxy that asks for USER and PASSWORD."""
    with running_squid() as running:
        yield running
