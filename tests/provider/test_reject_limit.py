"""Bad lines within the limit, through the whole DAG: the month arrives without them, and every record says so."""

from __future__ import annotations

import json
from pathlib import Path

from airflow.serialization.serialized_objects import DagSerialization

from local.warehouse.serving.server import RunningWarehouse

from .conftest import query
from .dag_runs import run_dag, sales_dag
from .month_files import lines_of, write_month
from .test_load_dag import rows_of

LIMITED = {"reject_limit": "10%", "key": ("DAY", "SHOP")}


def test_with_a_limit_each_step_knows_what_is_left_out_before_it_begins(airflow_home: Path) -> None:
    dag = sales_dag(qc=LIMITED)

    assert dag.get_task("qc_keys").upstream_task_ids == {"wait_for_files", "file_qc"}
    assert "qc_gate" in dag.get_task("compress_stage").upstream_task_ids
    DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))


def test_a_month_with_some_bad_lines_is_loaded_without_them(
    warehouse: RunningWarehouse, airflow_home: Path
) -> None:
    shops = [f"2025-10-{day:02}\tshop{shop:05}\t{day}.50" for day in range(1, 32) for shop in range(2600)]
    lines = ["bad", *shops[:40_000], "2025-10-16\tshop", *shops[40_000:], "\t\t\t\t"]
    path = write_month(airflow_home / "incoming", "2025-10", lines)

    # Two of three chunks are in the first range, a bad line in each.
    run = run_dag(sales_dag(qc=LIMITED, stage={"chunk_mib": 1, "range_mib": 1}), month="2025-10")

    assert run.state == "success", run
    assert {state for _, state in run.mapped["compress_stage"]} == {"success"}
    assert rows_of(warehouse, "2025-10") == len(shops)
    assert run.report is not None
    (file,) = run.report["files"]
    assert (file["records"], file["rejected_records"], file["staged_records"]) == (len(lines), 3, len(shops))
    assert file["ranges"] > 1
    (told,) = (item for item in run.report["qc"]["findings"] if item["code"] == "rejected_lines")
    assert (told["severity"], "line 40002" in told["message"]) == ("WARNING", True)
    rejects = Path(told["message"].rpartition("All are listed in ")[2].rstrip("."))
    assert len(rejects.read_text().splitlines()) == 4
    ((files, rows),) = query(
        warehouse, "SELECT FILES, ROWS_STAGED FROM TESTS.SFETL.LEDGER WHERE MONTH = '2025-10'"
    )
    (entry,) = json.loads(str(files))
    assert (entry["name"], entry["records"], entry["rejected_records"]) == (path.name, len(lines), 3)
    assert int(rows) == len(shops)


def test_a_run_that_does_not_read_the_file_leaves_nothing_out(
    warehouse: RunningWarehouse, airflow_home: Path
) -> None:
    write_month(airflow_home / "incoming", "2025-12", [*lines_of("2025-12"), "2025-12-01\tshop\t1\textra"])

    run = run_dag(sales_dag(qc=LIMITED), month="2025-12", qc_mode="skip")

    assert (run.tasks["qc_gate"], run.tasks["copy"]) == ("success", "failed")
    assert run.report is not None
    assert "rejects_not_checked" in [finding["code"] for finding in run.report["qc"]["findings"]]
    assert rows_of(warehouse, "2025-12") == 0
