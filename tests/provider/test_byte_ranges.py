"""A file that two tasks stage, each a byte range of it, through the whole DAG."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from local.warehouse.serving.server import RunningWarehouse
from sfetl_provider.core.errors import FilesMissingError
from sfetl_provider.core.stage import staging
from sfetl_provider.core.stage.staged_file import StagedRange
from sfetl_provider.sensors.monthly_file import MonthlyFileSensor
from tests.core.fakes import source_file
from tests.core.load_samples import sample_config, sample_plan

from .conftest import query
from .dag_runs import run_dag, sales_dag
from .month_files import write_month
from .test_load_dag import rows_of, staged_files

RANGES = {"chunk_mib": 1, "range_mib": 2}
SHOPS = 3200


def lines_of_many_shops(month: str) -> list[str]:
    """Thirty days of many shops, some of whose names hold a line end: 2.6 MB, three chunks of 1 MiB."""
    names = [f'"shop{shop:05}"' if shop % 7 else f'"sh\n{shop:05}"' for shop in range(SHOPS)]
    return [f"{month}-{day:02}\t{name}\t{day}.50" for day in range(1, 31) for name in names]


def test_a_month_that_two_tasks_staged_arrives_once(warehouse: RunningWarehouse, airflow_home: Path) -> None:
    lines = ["day\tshop\tamount", *lines_of_many_shops("2025-04")]
    path = write_month(airflow_home / "incoming", "2025-04", lines)

    ended = run_dag(sales_dag(stage=RANGES, format={"quote": '"', "header": True}), month="2025-04")

    name = path.name
    assert ended.state == "success", ended
    assert ended.mapped == {
        "file_qc": [(name, "success"), (name, "skipped")],
        "compress_stage": [(f"{name}, range 1 of 2", "success"), (f"{name}, range 2 of 2", "success")],
    }
    assert ended.report is not None
    (file,) = ended.report["files"]
    assert (file["ranges"], file["chunks"], file["staged_records"]) == (2, 3, 30 * SHOPS)
    assert file["size_bytes"] == path.stat().st_size
    assert file["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert {ended.report[f"rows_{step}"] for step in ("in_files", "staged", "copied", "published")} == {
        30 * SHOPS
    }
    assert rows_of(warehouse, "2025-04") == 30 * SHOPS
    (counts,) = query(
        warehouse,
        "SELECT COUNT(DISTINCT SHOP), SUM(AMOUNT), COUNT_IF(SHOP LIKE 'sh\n%') FROM TESTS.PUBLIC.SALES"
        " WHERE DAY BETWEEN '2025-04-01' AND '2025-04-30'",
    )
    assert [int(count) for count in counts] == [SHOPS, 480 * SHOPS, 30 * len(range(0, SHOPS, 7))]
    # Failed runs of other tests leave theirs.
    assert staged_files(warehouse, "2025-04") == []


def test_an_error_in_the_second_range_is_told_with_the_line_of_the_file(
    warehouse: RunningWarehouse, airflow_home: Path
) -> None:
    lines = [line.replace("\n", "") for line in lines_of_many_shops("2025-06")]
    lines[90_000] = "2025-06-29\tshop\tmuch"
    path = write_month(airflow_home / "incoming", "2025-06", lines)

    # QC would find it first.
    dag = sales_dag(stage=RANGES, format={"quote": '"'}, qc={"target": "off"})
    ended = run_dag(dag, month="2025-06")

    assert ended.tasks["copy"] == "failed"
    assert ended.report is not None
    assert f"{path.name} line 90001, column AMOUNT: Numeric value 'much'" in ended.report["message"]
    assert ended.report["files"][0]["ranges"] == 2
    assert rows_of(warehouse, "2025-06") == 0


def test_ranges_that_do_not_add_up_are_not_copied(
    warehouse: RunningWarehouse, airflow_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_month(airflow_home / "incoming", "2025-09", lines_of_many_shops("2025-09")[: 30 * SHOPS // 2])
    stage = staging.stage_range

    def lose_a_record(*arguments: Any) -> StagedRange:
        staged = stage(*arguments)
        return staged.model_copy(update={"staged_records": staged.staged_records - 1})

    monkeypatch.setattr(staging, "stage_range", lose_a_record)
    ended = run_dag(
        sales_dag(stage={"chunk_mib": 1, "range_mib": 1}, format={"quote": '"'}),
        month="2025-09",
        qc_mode="skip",
    )

    assert [state for _, state in ended.mapped["compress_stage"]] == ["success", "success"]
    assert ended.tasks["copy"] == "failed"
    assert ended.report is not None
    assert ended.report["files"] == []
    assert "do not make up the file: range 1: lines, records and empty records are" in ended.report["message"]


def sensor(**plan: object) -> MonthlyFileSensor:
    feed = sample_config(stage={"chunk_mib": 1, "range_mib": 1})
    return MonthlyFileSensor(task_id="wait_for_files", feed=feed, plan=sample_plan(**plan).to_json())


def test_a_dry_run_divides_nothing(tmp_path: Path) -> None:
    file = source_file(tmp_path / "large.tsv", b"line\n" * 500_000).to_json()
    found = {"status": "found", "files": [file]}

    assert sensor(is_dry_run=True).execute_complete({}, found) == [file]
    assert len(sensor().execute_complete({}, found)) == 3


def test_more_ranges_than_airflow_can_map_over_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = source_file(tmp_path / "large.tsv", b"line\n" * 500_000).to_json()
    monkeypatch.setattr("sfetl_provider.sensors.monthly_file.MAX_FILES", 2)

    with pytest.raises(FilesMissingError, match=r"1 files make 3 ranges.*Raise stage\.range_mib"):
        sensor().execute_complete({}, {"status": "found", "files": [file]})
