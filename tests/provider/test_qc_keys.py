"""Keys across the files of a month, in the DAG of a feed that has one."""

from __future__ import annotations

from pathlib import Path

import pytest
from airflow.serialization.serialized_objects import DagSerialization

from local.warehouse.serving.server import RunningWarehouse
from sfetl_provider.core.config.load import load_feed
from sfetl_provider.core.errors import SfetlError
from sfetl_provider.dag_factory.feed_dag import build_feed_dag
from sfetl_provider.operators.file_qc import QcKeysOperator

from .conftest import CONFIGS
from .dag_runs import run_dag, sales_dag
from .month_files import lines_of, write_month

KEY = {"key": ("DAY", "SHOP")}


def _write_two_files(folder: Path, month: str, *more: str) -> None:
    lines = lines_of(month)
    write_month(folder, month, lines[:30])
    (folder / f"sales_{month}_b.tsv").write_text("".join(f"{line}\n" for line in [*lines[30:], *more]))


def test_the_task_is_there_for_a_feed_with_a_key_only(airflow_home: Path) -> None:
    feed = load_feed(CONFIGS / "sales.json")
    keyed = sales_dag(qc=KEY)

    assert "qc_keys" not in build_feed_dag(feed).task_ids
    assert keyed.get_task("qc_keys").upstream_task_ids == {"wait_for_files"}
    assert keyed.get_task("qc_keys").downstream_task_ids == {"qc_gate"}
    DagSerialization.deserialize_dag(DagSerialization.serialize_dag(keyed))


def test_a_month_whose_keys_are_unique_is_loaded(warehouse: RunningWarehouse, airflow_home: Path) -> None:
    _write_two_files(airflow_home / "incoming", "2025-01")

    run = run_dag(sales_dag(qc=KEY), month="2025-01")

    assert run.state == "success", run
    assert run.tasks["qc_keys"] == "success"


def test_the_gate_refuses_a_key_that_stands_in_two_files(
    warehouse: RunningWarehouse, airflow_home: Path
) -> None:
    _write_two_files(airflow_home / "incoming", "2025-02", "2025-02-01\tshop 1\t9.99")

    run = run_dag(sales_dag(qc=KEY), month="2025-02")

    assert (run.state, run.tasks["qc_keys"], run.tasks["qc_gate"]) == ("failed", "success", "failed")
    assert run.report is not None
    assert (
        "('2025-02-01', 'shop 1') 2 times: sales_2025-02.tsv line 2 (byte 23), sales_2025-02_b.tsv line 27"
        in run.report["message"]
    )
    assert list((airflow_home / "scratch").rglob("qc-keys/*")) == []


def test_without_reading_the_files_the_audit_finds_them(
    warehouse: RunningWarehouse, airflow_home: Path
) -> None:
    _write_two_files(airflow_home / "incoming", "2025-03", "2025-03-01\tshop 1\t9.99")

    run = run_dag(sales_dag(qc=KEY), month="2025-03", qc_mode="snowflake")

    assert (run.state, run.tasks["qc_keys"], run.tasks["audit"]) == ("failed", "skipped", "failed")
    assert run.report is not None
    assert "1 row too many: ('2025-03-01', 'shop 1') 2 times" in run.report["message"]


def test_a_run_whose_keys_could_not_be_compared_is_red(
    warehouse: RunningWarehouse, airflow_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _write_two_files(airflow_home / "incoming", "2025-04")

    def fail(*_: object) -> None:
        raise SfetlError("qc_keys broke on purpose.")

    monkeypatch.setattr(QcKeysOperator, "execute", fail)
    run = run_dag(sales_dag(qc=KEY), month="2025-04")

    assert (run.state, run.tasks["qc_keys"], run.tasks["qc_gate"]) == ("failed", "failed", "upstream_failed")
    assert run.report is not None
    assert (run.report["state"], run.report["failed_tasks"]) == ("failed", ["qc_keys"])
