"""The fixtures that users import."""

from __future__ import annotations

from typing import Any

import snowflake.connector

from local.warehouse.serving.faults import Fault
from local.warehouse.serving.server import RunningWarehouse


def test_a_session_by_the_parameters(local_warehouse_parameters: dict[str, Any]) -> None:
    with snowflake.connector.connect(**local_warehouse_parameters) as connection:
        assert "not Snowflake" in connection.cursor().execute("SELECT CURRENT_VERSION()").fetchall()[0][0]


def test_faults_do_not_outlive_a_test(
    local_warehouse: RunningWarehouse, local_warehouse_parameters: dict[str, Any]
) -> None:
    assert local_warehouse.warehouse.faults.all() == []
    local_warehouse.warehouse.faults.add(Fault(route="login", status=503))


def test_nor_did_the_one_of_the_test_before(
    local_warehouse: RunningWarehouse, local_warehouse_parameters: dict[str, Any]
) -> None:
    assert local_warehouse.warehouse.faults.all() == []
