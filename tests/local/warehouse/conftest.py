"""One server per test module, spoken to by the real connector over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
from snowflake.connector import SnowflakeConnection
from warehouse_client import STAGE, Client, Connect

from local.warehouse.fixture import local_warehouse, local_warehouse_parameters, local_warehouse_tls
from local.warehouse.serving.server import RunningWarehouse, running_warehouse

__all__ = ["local_warehouse", "local_warehouse_parameters", "local_warehouse_tls"]


@pytest.fixture(scope="module")
def warehouse() -> Iterator[RunningWarehouse]:
    """A server in memory, with a database, a schema and a stage."""
    with running_warehouse(synchronous_seconds=0.3) as running:
        with snowflake.connector.connect(**running.connection_parameters()) as connection:
            for statement in (
                "CREATE DATABASE DB",
                "CREATE SCHEMA DB.SFETL",
                f"CREATE STAGE {STAGE} ENCRYPTION=(TYPE='SNOWFLAKE_SSE')",
            ):
                connection.cursor().execute(statement)
        yield running


@pytest.fixture
def connect(warehouse: RunningWarehouse) -> Iterator[Connect]:
    """Opens sessions, with session parameters as arguments; closed at the end of the test."""
    opened: list[SnowflakeConnection] = []

    def open_one(**session_parameters: Any) -> SnowflakeConnection:
        parameters = warehouse.connection_parameters(**session_parameters)
        opened.append(snowflake.connector.connect(database="DB", schema="SFETL", **parameters))
        return opened[-1]

    yield open_one
    for connection in opened:
        connection.close()


@pytest.fixture
def client(connect: Connect, tmp_path: Path) -> Client:
    """One session in DB.SFETL."""
    return Client(connect(), tmp_path)


@pytest.fixture
def second(connect: Connect, tmp_path: Path) -> Client:
    """Another session."""
    return Client(connect(), tmp_path)
