"""It says that it is a stand-in: at each login, in its log, wherever a client or a person looks."""

from __future__ import annotations

import logging

import pytest
import requests
import snowflake.connector

from local.warehouse.serving.server import RunningWarehouse


def test_at_each_login_and_in_the_log(
    local_warehouse: RunningWarehouse, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="local.warehouse"):
        for _ in range(2):
            login = f"{local_warehouse.address}/session/v1/login-request"
            answer = requests.post(login, json={"data": {"LOGIN_NAME": "ada"}}, timeout=20).json()
            assert answer["success"]
            assert "not Snowflake" in answer["message"]
            assert "not Snowflake" in answer["data"]["notice"]
    said = [record.getMessage() for record in caplog.records]
    assert sum("not Snowflake" in line and "of user ADA" in line for line in said) == 2


def test_in_its_version(local_warehouse: RunningWarehouse) -> None:
    with snowflake.connector.connect(**local_warehouse.connection_parameters()) as connection:
        ((version,),) = connection.cursor().execute("SELECT CURRENT_VERSION()").fetchall()
    assert "not Snowflake" in version


@pytest.mark.parametrize("path", ["/", "/health"])
def test_to_a_browser(local_warehouse: RunningWarehouse, path: str) -> None:
    assert "not Snowflake" in requests.get(f"{local_warehouse.address}{path}", timeout=20).text
