"""Where golden cases run: the stand-in, and a real account when SNOWFLAKE_* variables name one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import snowflake.connector
from snowflake.connector import SnowflakeConnection

from local.warehouse.serving.certificates import trusting
from local.warehouse.serving.server import RunningWarehouse, running_warehouse

NEEDED = ("account", "user", "role", "warehouse", "database")
SECRETS = ("password", "private_key_file", "private_key_file_pwd")


def settings(*names: str) -> dict[str, str]:
    """The SNOWFLAKE_* variables that are set, by the connector's names."""
    found = {name: os.environ.get(f"SNOWFLAKE_{name.upper()}", "") for name in names}
    return {name: value for name, value in found.items() if value}


def has_account() -> bool:
    """Whether a real account can be reached."""
    return len(settings(*NEEDED)) == len(NEEDED) and bool(settings(*SECRETS[:2]))


@dataclass(frozen=True)
class Backend:
    """One warehouse; `advance` moves its clock, None where that is not possible."""

    name: str
    database: str
    parameters: Mapping[str, Any]
    advance: Callable[[float], None] | None

    def connect(
        self, schema: str, session_parameters: Mapping[str, Any], role: str = "", warehouse: str = ""
    ) -> SnowflakeConnection:
        """Log in, with the schema current."""
        options = dict(self.parameters)
        options["session_parameters"] = {**options.get("session_parameters", {}), **session_parameters}
        if role:
            options["role"] = role
        if warehouse:
            options["warehouse"] = warehouse
        return snowflake.connector.connect(database=self.database, schema=schema, **options)


def stand_in(running: RunningWarehouse) -> Backend:
    """The stand-in, with a database made for the cases."""
    with snowflake.connector.connect(**running.connection_parameters()) as connection:
        connection.cursor().execute("CREATE DATABASE IF NOT EXISTS CONTRACTS")
    return Backend("local", "CONTRACTS", running.connection_parameters(), running.warehouse.clock.advance)


@contextlib.contextmanager
def fresh_stand_in() -> Iterator[Backend]:
    """A stand-in of its own, over TLS, where clients upload as they do to a real account."""
    with running_warehouse(synchronous_seconds=0.3, tls=True) as running:
        assert running.ca_bundle is not None
        with trusting(running.ca_bundle):
            yield stand_in(running)


def account() -> Backend:
    """The real account of the environment; cases make schemas in its database and drop them."""
    options: dict[str, Any] = {**settings(*NEEDED, *SECRETS), "paramstyle": "qmark"}
    return Backend("snowflake", options.pop("database"), options, None)
