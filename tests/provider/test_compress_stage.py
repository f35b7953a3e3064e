"""Staging as a task: its uploads end when Airflow ends it, and its progress is there to be shown."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local.warehouse.serving.server import RunningWarehouse
from sfetl_provider.adapters.snowflake_session import SnowflakeSession
from sfetl_provider.core.errors import UploadError
from sfetl_provider.core.stage.staged_file import StagedFile
from sfetl_provider.operators.compress_stage import CompressStageOperator
from tests.adapters.throttling_proxy import Fault, Kind, throttling_proxy
from tests.core.fakes import source_file
from tests.core.load_samples import sample_config
from tests.core.scripted_warehouse import MemoryCheckpoints
from tests.integration.loading_bench import TARGET, make_target, open_session, planned

from .test_proxy import add_connection

ROWS = 60_000


@pytest.fixture(scope="module")
def session(warehouse: RunningWarehouse) -> Iterator[SnowflakeSession]:
    """A session on a warehouse that has the target table, until the module's tests are done."""
    with open_session(warehouse) as opened:
        opened.query('CREATE DATABASE IF NOT EXISTS "DEMO"')
        opened.query('CREATE SCHEMA IF NOT EXISTS "DEMO"."PUBLIC"')
        opened.query(f"DROP TABLE IF EXISTS {TARGET}")
        make_target(opened)
        yield opened
        opened.query(f"DROP TABLE {TARGET}")


def operator_for(session: SnowflakeSession, folder: Path, **stage: Any) -> CompressStageOperator:
    """The task for a file that does not compress well, in chunks of 1 MiB."""
    lines = (b"2013-01-01\t%s\t5\n" % os.urandom(16).hex().encode() for _ in range(ROWS))
    source = source_file(folder / "flights_2013-01.tsv", b"".join(lines))
    config = sample_config(stage={"chunk_mib": 1, **stage}, proxy_conn_id="link")
    plan = planned(session, f"run-{folder.name}")
    return CompressStageOperator(
        task_id="compress_stage", feed=config, plan=plan.to_json(), source=source.to_json()
    )


def execute(operator: CompressStageOperator, store: MemoryCheckpoints) -> StagedFile:
    return StagedFile.from_json(operator.execute({"task_state_store": store}))  # type: ignore[typeddict-item]


def test_a_file_is_staged_through_the_proxy_and_its_progress_kept(
    session: SnowflakeSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = MemoryCheckpoints()
    with throttling_proxy(fault=Fault(Kind.CUT, 300_000, 1)) as proxy:
        add_connection(monkeypatch, "link", conn_type="sfetl_proxy", host="127.0.0.1", port=proxy.port)
        staged = execute(operator_for(session, tmp_path, upload_delay_seconds=0), store)

    assert staged.staged_records == ROWS
    assert proxy.bytes_sent >= staged.compressed_bytes
    progress: Any = store.get("progress")
    assert [step["percent"] for step in progress["steps"].values()] == [100.0, 100.0]


def test_stopping_the_task_ends_its_uploads(
    session: SnowflakeSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator, store = operator_for(session, tmp_path), MemoryCheckpoints()
    with throttling_proxy(fault=Fault(Kind.FREEZE, 300_000)) as proxy, ThreadPoolExecutor(1) as executor:
        add_connection(monkeypatch, "link", conn_type="sfetl_proxy", host="127.0.0.1", port=proxy.port)
        running = executor.submit(execute, operator, store)
        assert proxy.struck.wait(60)

        operator.on_kill()

        with pytest.raises(UploadError, match="was stopped, as the task is ending"):
            running.result(60)


def test_stopping_a_task_that_uploads_nothing_does_nothing(session: SnowflakeSession, tmp_path: Path) -> None:
    operator_for(session, tmp_path).on_kill()
