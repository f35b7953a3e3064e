"""The embedded stack with real processes: it starts, runs a task, stops, and finds its ports again."""

import time
from pathlib import Path

import pytest

from local.processes import BackgroundProcess, is_alive, process_tree, stop_background
from local.readiness import StackFailedError
from local.stack import running_stack, start_stack
from local.stack_state import load_state

_TRIVIAL_DAG = """
from airflow.sdk import dag, task

@dag(schedule=None)
def trivial():
    @task
    def one():
        return 1
    one()

trivial()
"""


def test_a_stack_runs_a_task_and_stops_with_all_its_processes(tmp_path: Path) -> None:
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "trivial.py").write_text(_TRIVIAL_DAG)
    with running_stack(tmp_path / "stack", dags=tmp_path / "dags") as stack:
        _wait(lambda: "trivial" in stack.api.dag_ids())
        stack.api.set_paused("trivial", False)
        run_id = stack.api.trigger("trivial")
        _wait(lambda: stack.api.run("trivial", run_id)["state"] in {"success", "failed"})
        assert stack.api.run("trivial", run_id)["state"] == "success"
        assert stack.warehouse.rows("SELECT COUNT(*) FROM FLIGHTS") == [(0,)]
        assert start_stack(stack.setup).processes == stack.processes
        tree = process_tree(stack.processes)
    assert [process for process in tree if process.is_running()] == []
    remembered = load_state(stack.folders.state_file)
    assert (remembered.ports, remembered.processes) == (dict(stack.ports), ())


def test_a_component_that_dies_is_named_and_nothing_stays_behind(tmp_path: Path) -> None:
    broken = {"AIRFLOW__CORE__EXECUTOR": "NoSuchExecutor"}
    with pytest.raises(StackFailedError, match="scheduler"), running_stack(tmp_path, environment=broken):
        pass
    assert load_state(tmp_path / "stack.json").processes == ()


def test_a_stranger_with_a_remembered_pid_is_not_stopped() -> None:
    import os

    stranger = BackgroundProcess("old", pid=os.getpid(), created_at=1.0, log_file="")
    assert not is_alive(stranger)
    assert stop_background([stranger], grace_seconds=1) == []


def _wait(is_done, deadline_seconds: float = 120) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + deadline_seconds
    while not is_done():
        assert time.monotonic() < deadline
        time.sleep(0.2)
