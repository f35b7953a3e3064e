"""Tests of the Airflow skin: the real Airflow on SQLite, the real connector, the local warehouse over HTTP.

Airflow reads its environment when it is first imported, so this file sets it up at import time.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from fastapi import FastAPI

PROJECT = Path(__file__).parents[2]
HOME = Path(tempfile.mkdtemp(prefix="sfetl-tests-"))
CONFIGS = HOME / "configs"

os.environ.update(
    {
        "AIRFLOW_HOME": str(HOME),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(HOME / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{HOME}/airflow.db",
        "AIRFLOW__API_AUTH__JWT_SECRET": "for-tests-only-" * 8,
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        "AIRFLOW__SFETL__CONFIGS_DIR": str(CONFIGS),
        "AIRFLOW__SFETL__BASE_PATH": str(HOME / "incoming"),
        "AIRFLOW__SFETL__SCRATCH_DIR": str(HOME / "scratch"),
        "AIRFLOW__SFETL__REPORTS_DIR": str(HOME / "reports"),
        "NO_PROXY": "127.0.0.1,localhost",
    }
)

from local.warehouse.serving.server import RunningWarehouse, running_warehouse  # noqa: E402  # after the environment

SALES: dict[str, Any] = {
    "table": {"database": "TESTS", "schema": "PUBLIC", "name": "SALES"},
    "columns": [
        {"name": "day", "nullable": False},
        {"name": "shop", "nullable": False},
        "amount",
    ],
    "date": {"column": "day"},
    "files": {
        "patterns": ["sales_{month}*.tsv"],
        "still_seconds": 0,
        "poll_seconds": 0.1,
        "timeout_seconds": 0.2,
    },
    "stage": {"chunk_mib": 1},
    "load": {"poll_seconds": 0.1},
    "retries": 0,
}


@pytest.fixture(scope="session", autouse=True)
def airflow_home() -> Path:
    """A fresh Airflow with its database; returns AIRFLOW_HOME."""
    from airflow.utils.db import initdb

    for name in ("configs", "incoming", "plugins"):
        (HOME / name).mkdir(exist_ok=True)
    (CONFIGS / "sales.json").write_text(json.dumps(SALES))
    initdb()
    return HOME


@pytest.fixture(scope="session")
def airflow_app(airflow_home: Path) -> FastAPI:
    """Airflow's web application with our plugin in it."""
    from airflow.api_fastapi.app import create_app

    return create_app(apps="core")


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Triggers fire at once: dag.test() has no scheduler that would have to note a deferral first."""
    from sfetl_provider.triggers import settling

    monkeypatch.setattr(settling, "SETTLE_SECONDS", 0.0)


@pytest.fixture(scope="session")
def warehouse() -> Iterator[RunningWarehouse]:
    """The local warehouse with the target table, and the Airflow connection to it."""
    with running_warehouse() as running:
        parameters = running.connection_parameters()
        extra = {key: parameters[key] for key in ("account", "host", "port", "protocol")}
        connection = {
            "conn_type": "snowflake",
            "login": parameters["user"],
            "password": parameters["password"],
            "extra": extra,
        }
        os.environ["AIRFLOW_CONN_SNOWFLAKE_DEFAULT"] = json.dumps(connection)
        query(running, "CREATE DATABASE TESTS")
        query(running, "CREATE SCHEMA IF NOT EXISTS TESTS.PUBLIC")
        query(
            running,
            "CREATE TABLE TESTS.PUBLIC.SALES (DAY DATE NOT NULL, SHOP VARCHAR(10) NOT NULL, AMOUNT NUMBER(9,2))",
        )
        yield running


def query(running: RunningWarehouse, statement: str) -> list[tuple[Any, ...]]:
    """Run one statement with the real connector, in a session of its own."""
    import snowflake.connector

    with (
        snowflake.connector.connect(**running.connection_parameters()) as connection,
        connection.cursor() as cursor,
    ):
        return list(cursor.execute(statement).fetchall())
