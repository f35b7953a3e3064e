"""The local warehouse as a client sees it: the real Snowflake connector over HTTP on loopback."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import snowflake.connector
from snowflake.connector import SnowflakeConnection

from local.stack.ports import LOOPBACK

CONNECTION_ID = "snowflake_default"
ACCOUNT = "local"
LOGIN = "demo"
ROLE = "SYSADMIN"
DATABASE = "DEMO"
WAREHOUSE = "DEMO_WH"


@dataclass(frozen=True)
class WarehouseClient:
    """How to reach one local warehouse. Every call opens a session of its own and closes it."""

    port: int
    password: str = field(repr=False)

    @property
    def address(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def connect(self, **options: Any) -> SnowflakeConnection:
        """A new session in schema PUBLIC of the demo database; the caller closes it."""
        settings: dict[str, Any] = {
            "account": ACCOUNT,
            "user": LOGIN,
            "password": self.password,
            "host": LOOPBACK,
            "port": self.port,
            "protocol": "http",
            "database": DATABASE,
            "schema": "PUBLIC",
            "warehouse": WAREHOUSE,
            "role": ROLE,
            # Each login would otherwise ask cloud metadata addresses where it runs.
            "platform_detection_timeout_seconds": 0.0,
            "login_timeout": 20,
        }
        return snowflake.connector.connect(**(settings | options))

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of one statement, with `%s` for each parameter."""
        with self.connect() as session, session.cursor() as cursor:
            cursor.execute(sql, parameters or None)
            return [tuple(row) for row in cursor.fetchall()]

    def run_script(self, path: Path, **options: Any) -> None:
        """Run the statements of an SQL file one after the other; stops at the first that fails."""
        with self.connect(**options) as session:
            for _ in session.execute_string(path.read_text(encoding="utf-8")):
                pass  # executing happens while iterating

    def airflow_connection(self) -> dict[str, Any]:
        """The Airflow connection for this warehouse, in the REST API's form. Contains the password."""
        extra = {
            "account": ACCOUNT,
            "database": DATABASE,
            "warehouse": WAREHOUSE,
            "role": ROLE,
            "host": LOOPBACK,
            "port": self.port,
            "protocol": "http",
        }
        return {
            "connection_id": CONNECTION_ID,
            "conn_type": "snowflake",
            "description": "Local stand-in warehouse, not Snowflake",
            "login": LOGIN,
            "password": self.password,
            "schema": "PUBLIC",
            "extra": json.dumps(extra),
        }
