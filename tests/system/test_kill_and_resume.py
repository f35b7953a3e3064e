"""A load whose task process is killed while it stages resumes where it was, with real processes.

A retry and a clear are the same to the task: both find its state store as it was.
"""

from __future__ import annotations

import json
import math
import os
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.stack.lifecycle import Stack
from local.stack.waiting import wait_until
from sfetl_provider.core.plan.names import chunk_name, report_path, run_key
from sfetl_provider.core.stage.staged_file import Chunk

from .conftest import CHUNK_MIB, generate

DAG_ID, MONTH = "load_sales", "2024-01"
FILE_BYTES = 300_000_000
# The generator meets a size to within 0.1 %.
ASKED_BYTES = FILE_BYTES * 1.01
CHUNKS_BEFORE_KILL = 3
NUMBER, COMPRESSED_BYTES = (list(Chunk.model_fields).index(name) for name in ("number", "compressed_bytes"))


@pytest.fixture
def big_file(stack: Stack) -> Path:
    """A file of 300 MB for the month."""
    path = stack.folders.incoming / f"sales_{MONTH}.tsv"
    generate("--bytes", str(round(ASKED_BYTES)), "--month", MONTH, "--seed", "7", str(path))
    return path


def task(stack: Stack, run_id: str, task_id: str) -> dict[str, Any]:
    """The one instance of a task, with its process id and state; empty before it exists."""
    found = [item for item in stack.api.task_instances(DAG_ID, run_id) if item["task_id"] == task_id]
    return found[0] if found else {}


def staged_chunks(stack: Stack, run_id: str) -> set[int]:
    """Numbers of the chunks that the staging task has recorded as verified, live from its task state store."""
    path = f"dags/{DAG_ID}/dagRuns/{run_id}/taskInstances/compress_stage/state-store"
    entries = stack.api.get(path, map_index=0)["task_state_store"]
    pages = [entry["value"] for entry in entries if entry["key"].startswith("staging.chunks.")]
    rows = [row for page in pages for row in (json.loads(page) if isinstance(page, str) else page)]
    # Uploads overtake each other: the row of one that is not confirmed yet holds no compressed bytes.
    return {row[NUMBER] for row in rows if row[COMPRESSED_BYTES]}


def puts(stack: Stack) -> dict[str, int]:
    """How many PUT statements named each chunk, by the warehouse's own query history."""
    history = (
        "SELECT QUERY_TEXT FROM TABLE(DEMO.INFORMATION_SCHEMA.QUERY_HISTORY(RESULT_LIMIT => 10000))"
        " WHERE QUERY_TEXT LIKE 'PUT %'"
    )
    names = [Path(text.split("'")[1]).name for (text,) in stack.warehouse.rows(history)]
    return {name: names.count(name) for name in names}


def test_a_load_killed_while_staging_resumes_at_its_next_try(stack: Stack, big_file: Path) -> None:
    assert big_file.stat().st_size >= FILE_BYTES
    stack.api.set_paused(DAG_ID, False)
    run_id = stack.api.trigger(DAG_ID, {"month": MONTH})

    wait_until(lambda: task(stack, run_id, "compress_stage").get("pid"), "staging", 120)
    wait_until(
        lambda: len(staged_chunks(stack, run_id)) >= CHUNKS_BEFORE_KILL,
        "the third chunk",
        120,
        poll_seconds=0.02,
    )
    os.kill(task(stack, run_id, "compress_stage")["pid"], signal.SIGKILL)
    # Nothing is recorded between the kill and the retry, for which Airflow needs seconds.
    recorded = staged_chunks(stack, run_id)
    put_before = puts(stack)
    wait_until(lambda: stack.api.run(DAG_ID, run_id)["state"] in ("success", "failed"), "the end", 240)

    assert task(stack, run_id, "compress_stage")["try_number"] == 2
    assert stack.api.run(DAG_ID, run_id)["state"] == "success"
    path = report_path(stack.folders.reports, "sales", MONTH, run_key(DAG_ID, run_id))
    report = json.loads(path.read_text())
    (file,) = report["files"]
    chunks = math.ceil(big_file.stat().st_size / (CHUNK_MIB * 1024 * 1024))
    assert CHUNKS_BEFORE_KILL <= len(recorded) < chunks
    assert (file["chunks"], file["chunks_reused"]) == (chunks, len(recorded))
    # No chunk that was recorded is uploaded again; the others are. (The connector asks for each upload's address
    # in a statement of its own, so a chunk shows twice in the history of a stand-in that uploads by address.)
    put_after = puts(stack)
    finished = {chunk_name(number, "zstd") for number in recorded}
    assert {name for name in put_after if put_after[name] > put_before.get(name, 0)} == set(
        put_after
    ) - finished
    assert len(put_after) == chunks
    with big_file.open("rb") as source:
        lines = sum(block.count(b"\n") for block in iter(lambda: source.read(1 << 20), b""))
    assert stack.warehouse.rows("SELECT COUNT(*) FROM DEMO.PUBLIC.SALES") == [(lines,)]
    assert report["rows_published"] == lines


def test_after_a_copy_that_fails_for_good_nothing_is_staged_again(stack: Stack) -> None:
    month = "2024-02"
    generate("--bytes", "2MB", "--month", month, str(stack.folders.incoming / f"sales_{month}.tsv"))
    stack.api.set_paused(DAG_ID, False)
    control, refused = f"{stack.warehouse.address}/control/faults", {"code": 100080, "sqlstate": "22000"}
    fault = {"statement": "^COPY INTO", "error": {**refused, "message": "No."}, "count": None}
    httpx.post(control, json=fault, trust_env=False).raise_for_status()
    try:
        run_id = stack.api.trigger(DAG_ID, {"month": month})
        wait_until(lambda: stack.api.run(DAG_ID, run_id)["state"] == "failed", "the failure", 240)
    finally:
        httpx.delete(control, trust_env=False).raise_for_status()
    assert task(stack, run_id, "copy")["state"] == "failed"
    staged, put_before = task(stack, run_id, "compress_stage"), puts(stack)
    listed = f"LIST @DEMO.SFETL.CHUNKS/sales/{month}/"
    assert len(stack.warehouse.rows(listed)) == 1

    body = {"dry_run": False, "dag_run_id": run_id, "task_ids": ["copy"], "only_failed": False}
    body |= {"include_downstream": True, "reset_dag_runs": True}
    stack.api.post(f"dags/{DAG_ID}/clearTaskInstances", body)
    wait_until(lambda: stack.api.run(DAG_ID, run_id)["state"] == "success", "the load", 240)

    assert puts(stack) == put_before
    again = task(stack, run_id, "compress_stage")
    assert (again["try_number"], again["end_date"]) == (staged["try_number"], staged["end_date"])
    assert stack.warehouse.rows(listed) == []
