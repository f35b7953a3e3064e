"""A feed with fiscal months: plan, QC and publication of its DAG agree where a month begins and ends."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from local.warehouse.serving.server import RunningWarehouse

from .conftest import query
from .dag_runs import run_dag, sales_dag
from .month_files import write_month

FIRST, END = date(2031, 4, 27), date(2031, 5, 25)
BEFORE, STALE, AFTER = FIRST - timedelta(days=1), date(2031, 4, 28), END


def test_a_fiscal_month_is_checked_and_replaced_between_its_own_days(
    warehouse: RunningWarehouse, airflow_home: Path
) -> None:
    days = [FIRST + timedelta(days=at) for at in range((END - FIRST).days)]
    write_month(airflow_home / "incoming", "2031-05", [f"{day}\tshop 1\t1.50" for day in days])
    kept = ", ".join(f"('{day}', 'old', 1)" for day in (BEFORE, STALE, AFTER))
    query(warehouse, f"INSERT INTO TESTS.PUBLIC.SALES VALUES {kept}")

    run = run_dag(sales_dag(date={"fiscal_months": {"2031-05": FIRST, "2031-06": END}}), month="2031-05")

    assert run.state == "success", run
    assert run.report is not None
    assert (run.report["state"], run.report["rows_published"]) == ("published", len(days))
    in_table = "FROM TESTS.PUBLIC.SALES WHERE DAY BETWEEN '2031-04-01' AND '2031-05-31'"
    assert query(warehouse, f"SELECT DAY {in_table} AND SHOP = 'old' ORDER BY DAY") == [(BEFORE,), (AFTER,)]
    assert query(warehouse, f"SELECT COUNT(*), MIN(DAY), MAX(DAY) {in_table} AND SHOP <> 'old'") == [
        (len(days), FIRST, days[-1])
    ]
