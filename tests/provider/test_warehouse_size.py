"""A load that finds its warehouse asleep and too small, and fails after COPY."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.warehouse.serving.server import RunningWarehouse
from sfetl_provider.core.plan.names import run_key
from sfetl_provider.dag_factory.maintenance_dag import build_maintenance_dag
from sfetl_provider.operators.publish_month import PublishMonthOperator

from .conftest import query
from .dag_runs import run_dag, sales_dag
from .month_files import write_month


@pytest.fixture
def asleep(warehouse: RunningWarehouse) -> Iterator[RunningWarehouse]:
    """The warehouse is suspended, and no statement resumes it."""
    query(warehouse, "ALTER WAREHOUSE LOCAL_WH SET AUTO_RESUME = FALSE")
    query(warehouse, "ALTER WAREHOUSE LOCAL_WH SUSPEND")
    yield warehouse
    query(warehouse, "ALTER WAREHOUSE LOCAL_WH SET AUTO_RESUME = TRUE")


def test_it_is_woken_made_larger_for_the_load_and_given_back_although_the_load_fails(
    asleep: RunningWarehouse, airflow_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_month(airflow_home / "incoming", "2021-05")
    sizes = []

    def refuse(self: PublishMonthOperator, context: Any) -> Any:
        sizes.extend(row[3] for row in query(asleep, "SHOW WAREHOUSES LIKE 'LOCAL_WH'"))
        raise RuntimeError("not now")

    monkeypatch.setattr(PublishMonthOperator, "execute", refuse)

    run = run_dag(sales_dag(warehouse={"resize": "LARGE"}), month="2021-05")

    assert (run.state, run.tasks["copy"], run.tasks["return_warehouse"]) == ("failed", "success", "success")
    assert sizes == ["Large"]
    ((_, state, _, size, *_),) = query(asleep, "SHOW WAREHOUSES LIKE 'LOCAL_WH'")
    assert (state, size) == ("STARTED", "X-Small")
    assert run.report is not None
    (used,) = run.report["copy_compute"]
    assert (used["warehouse"], used["size"], used["statements"]) == ("LOCAL_WH", "LARGE", 1)
    assert run.report["credits"] == used["credits"] > 0

    # As if this run had been killed before `return_warehouse`.
    query(
        asleep,
        "INSERT INTO TESTS.SFETL.WAREHOUSE_LEASES VALUES ('LOCAL_WH', "
        f"'{run_key('load_sales', run.run_id)}', 'load_sales', '{run.run_id}', 'sales', '2021-05', 'LARGE', "
        "'2021-06-01 00:00:00')",
    )
    mark = "[sfetl: XSMALL -> LARGE for loads of TESTS]"
    query(asleep, f"ALTER WAREHOUSE LOCAL_WH SET WAREHOUSE_SIZE = LARGE COMMENT = '{mark}'")
    assert run_dag(build_maintenance_dag()).state == "success"
    ((_, _, _, size, *_),) = query(asleep, "SHOW WAREHOUSES LIKE 'LOCAL_WH'")
    assert size == "X-Small"
    assert query(asleep, "SELECT COUNT(*) FROM TESTS.SFETL.WAREHOUSE_LEASES") == [(0,)]
