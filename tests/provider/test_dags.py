"""DAG files: what they bring, what a broken config does, and that parsing them is light."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization

from sfetl_provider.core.config.load import load_feed
from sfetl_provider.dag_factory.feed_dag import build_feed_dag

from .conftest import CONFIGS, PROJECT

HEAVY = (
    "snowflake.connector",
    "duckdb",
    "pandas",
    "numpy",
    "sqlglot",
    "holidays",
    "sfetl_provider.core.qc.scan",
)


@pytest.fixture
def broken_config() -> Iterator[Path]:
    path = CONFIGS / "broken.json"
    path.write_text('{"colour": "red", "retries": -1}')
    yield path
    path.unlink()


def test_the_projects_own_configs_give_dags(airflow_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__SFETL__CONFIGS_DIR", str(PROJECT / "include" / "configs"))

    bag = DagBag(PROJECT / "dags")

    assert bag.import_errors == {}
    assert set(bag.dags) == {
        "load_flights",
        "load_weather",
        "drop_month",
        "restore_month",
        "maintenance",
        "doctor",
        "validate",
        "batch",
    }
    for dag in bag.dags.values():
        DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))


def test_a_broken_config_is_an_import_error_with_file_and_field_and_the_other_feeds_stay(
    airflow_home: Path, broken_config: Path
) -> None:
    bag = DagBag(PROJECT / "dags")

    assert set(bag.dags) == {
        "load_sales",
        "drop_month",
        "restore_month",
        "maintenance",
        "doctor",
        "validate",
        "batch",
    }
    ((file, text),) = bag.import_errors.items()
    assert Path(file).name == "broken_configs.py"
    for pointer in ("/colour", "/retries", "/table", "/columns", "/date", "/files"):
        assert f"broken.json: {pointer}: " in text


def test_parsing_imports_nothing_heavy(airflow_home: Path) -> None:
    code = (
        "import runpy, sys\n"
        "from pathlib import Path\n"
        f"for path in sorted(Path('{PROJECT}/dags').glob('*.py')):\n"
        "    runpy.run_path(str(path))\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_a_feeds_schedule_is_the_month_before(airflow_home: Path) -> None:
    feed = load_feed(PROJECT / "include" / "configs" / "flights.json")

    dag = build_feed_dag(feed)

    assert (dag.start_date, dag.end_date) == (_utc(2013, 1), _utc(2014, 1))
    assert dag.timetable.key_format == "%Y-%m"
    assert not dag.catchup
    assert dag.get_task("report").is_teardown
    assert {task.task_id for task in dag.tasks if not task.retry_policy} == set()


def test_qc_may_have_to_pass_before_a_byte_leaves(airflow_home: Path) -> None:
    feed = load_feed(CONFIGS / "sales.json")
    strict = feed.model_copy(update={"qc": feed.qc.model_copy(update={"gate": "before_stage"})})

    assert "qc_gate" in build_feed_dag(strict).get_task("compress_stage").upstream_task_ids
    assert "qc_gate" not in build_feed_dag(feed).get_task("compress_stage").upstream_task_ids


def _utc(year: int, month: int) -> datetime:
    from airflow.sdk import timezone

    return timezone.datetime(year, month, 1)
