"""Staging as a task: its uploads end when Airflow ends it, and its progress is there to be shown."""

from __future__ import annotations

import hmac
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local.warehouse.serving.server import RunningWarehouse
from sfetl_provider.adapters.snowflake_session import SnowflakeSession
from sfetl_provider.core.errors import UploadError
from sfetl_provider.core.plan.names import stage_folder
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


def test_a_hashed_column_is_loaded_as_its_hmac_and_its_key_is_kept_nowhere(
    session: SnowflakeSession,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    key, store = "a key of thirty-two characters..", MemoryCheckpoints()
    add_connection(monkeypatch, "masks", conn_type="generic", password=key)
    lines = (f"2013-01-01\tcarrier {number % 100}\t{number}\n" for number in range(ROWS))
    source = source_file(tmp_path / "flights_2013-01.tsv", "".join(lines).encode())
    mask = {"method": "hash", "where": "before_stage", "pattern": "carrier [0-9]+"}
    columns = ["flight_date", {"name": "carrier", "mask": mask}, "distance"]
    plan = planned(session, "masked")
    operator = CompressStageOperator(
        task_id="compress_stage",
        feed=sample_config(columns=columns, mask_conn_id="masks", stage={"chunk_mib": 1}),
        plan=plan.to_json(),
        source=source.to_json(),
    )

    staged = execute(operator, store)

    session.query('CREATE OR REPLACE TABLE "DEMO"."PUBLIC"."MASKED" (D DATE, C VARCHAR(64), N NUMBER(9,0))')
    session.query(
        f'COPY INTO "DEMO"."PUBLIC"."MASKED" FROM \'{stage_folder(plan, source.key)}\''
        " FILE_FORMAT = (TYPE = CSV FIELD_DELIMITER = '\\t' COMPRESSION = ZSTD)"
    )
    loaded = session.query('SELECT DISTINCT C FROM "DEMO"."PUBLIC"."MASKED"').rows
    expected = {hmac.new(key.encode(), f"carrier {n}".encode(), "sha256").hexdigest() for n in range(100)}
    assert {value for (value,) in loaded} == expected
    assert staged.staged_records == ROWS
    assert key not in f"{vars(store)}{staged.to_json()}{capsys.readouterr()}"


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


def test_the_task_leaves_the_connector_to_its_upload_processes() -> None:
    """It takes 110 MB there, with the data frames that it imports."""
    code = (
        "import sys, sfetl_provider.hooks.snowflake, sfetl_provider.adapters.upload_process,"
        " sfetl_provider.core.stage.staging;"
        " sys.exit(bool({'snowflake.connector', 'pandas', 'pyarrow', 'boto3'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
