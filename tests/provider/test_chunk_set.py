"""A month that comes as a carried set of chunks, through the whole DAG."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.warehouse.serving.server import RunningWarehouse
from tests.cli.running import run

from .conftest import CONFIGS
from .dag_runs import run_dag, sales_dag
from .month_files import lines_of, write_month
from .test_load_dag import rows_of, staged_files


@pytest.fixture
def carried(airflow_home: Path, tmp_path: Path) -> Iterator[Path]:
    """The set of 2024-05, with QC's verdict; its file stayed on the other side."""
    folder = airflow_home / "incoming" / "carried"
    (tmp_path / "in").mkdir()
    write_month(tmp_path / "in", "2024-05", lines_of("2024-05"))
    options = (
        "--feed",
        "sales",
        "--month",
        "2024-05",
        "--configs-dir",
        CONFIGS,
        "--base-path",
        tmp_path / "in",
    )
    ended = run("stage", *options, "--to", folder, "--qc", folder=tmp_path)
    assert ended.code == 0, ended.complained
    yield folder
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


def test_a_set_is_loaded_as_its_file_would_have_been(warehouse: RunningWarehouse, carried: Path) -> None:
    loaded = run_dag(sales_dag(), month="2024-05", chunk_set=carried.name)

    assert loaded.state == "success", loaded
    assert (loaded.tasks["file_qc"], loaded.tasks["qc_gate"]) == ("skipped", "success")
    assert loaded.report is not None
    assert loaded.report["qc"]["is_passed"] is True
    assert len(loaded.report["files"][0]["sha256"]) == 64
    assert rows_of(warehouse, "2024-05") == len(lines_of("2024-05"))
    assert staged_files(warehouse, "2024-05") == []


def test_a_set_that_is_not_whole_loads_nothing_and_says_why(
    warehouse: RunningWarehouse, carried: Path
) -> None:
    before = rows_of(warehouse, "2024-05")
    (chunk,) = carried.glob("*/part-00001.tsv.zst")
    chunk.write_bytes(bytes(chunk.stat().st_size))

    refused = run_dag(sales_dag(), month="2024-05", chunk_set=str(carried))

    assert refused.state == "failed"
    assert refused.report is not None
    assert "part-00001.tsv.zst was altered" in refused.report["message"]
    assert rows_of(warehouse, "2024-05") == before


def test_a_set_of_another_month_is_refused_before_anything_else(
    warehouse: RunningWarehouse, carried: Path
) -> None:
    refused = run_dag(sales_dag(), month="2024-06", chunk_set=carried.name)

    assert refused.state == "failed"
    assert refused.report is not None
    assert "it is of sales 2024-05, not of sales 2024-06" in refused.report["message"]
