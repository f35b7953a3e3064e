"""The embedded stack with real processes: it starts, runs a task, stops, and finds its ports again."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from local.stack.__main__ import main
from local.stack.folders import PROJECT
from local.stack.lifecycle import Stack, running_stack, start_stack
from local.stack.processes import BackgroundProcess, is_alive, process_tree, stop_background
from local.stack.readiness import StackFailedError
from local.stack.state import StackState, load_state, save_state
from local.stack.waiting import wait_until

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
        wait_until(lambda: "trivial" in stack.api.dag_ids(), "parsing the DAG", 120)
        stack.api.set_paused("trivial", False)
        run_id = stack.api.trigger("trivial")
        wait_until(lambda: _has_ended(stack, run_id), "the end of the run", 120)
        assert stack.api.run("trivial", run_id)["state"] == "success"
        assert stack.warehouse.rows("SELECT COUNT(*) FROM FLIGHTS") == [(0,)]
        joined = start_stack(stack.setup)
        assert (joined.processes, joined.api.dag_ids()) == (stack.processes, {"trivial"})
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
    stranger = BackgroundProcess("old", pid=os.getpid(), created_at=1.0, log_file="")
    assert not is_alive(stranger)
    assert stop_background([stranger], grace_seconds=1) == []


def test_status_says_what_died_and_that_nothing_was_started(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--folder", str(tmp_path)]) == 3
    assert capsys.readouterr().out == "The stack is stopped.\n"
    gone = BackgroundProcess("scheduler", pid=os.getpid(), created_at=1.0, log_file="scheduler.log")
    save_state(tmp_path / "stack.json", StackState({"api": 1234}, (gone,)))
    assert main(["status", "--folder", str(tmp_path)]) == 3
    assert "scheduler      DIED" in capsys.readouterr().out


def test_a_command_runs_with_the_variables_of_a_running_stack(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["shell", "--folder", str(tmp_path), "airflow", "version"]) == 3
    assert "The stack is stopped" in capsys.readouterr().err
    own = psutil.Process()
    alive = BackgroundProcess("api-server", own.pid, own.create_time(), "api-server.log")
    ports = dict.fromkeys(("api", "worker_log", "trigger_log", "warehouse"), 1234)
    save_state(tmp_path / "stack.json", StackState(ports, (alive,)))
    assert main(["shell", "--folder", str(tmp_path), "no-such-command"]) == 127
    command = [
        sys.executable,
        "-m",
        "local.stack",
        "shell",
        "--folder",
        str(tmp_path),
        "printenv",
        "AIRFLOW_HOME",
    ]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == f"{tmp_path / 'airflow'}\n"


def test_a_reader_that_has_gone_is_no_error(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "local.stack", "status", "--folder", str(tmp_path)]
    status = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert status.stdout is not None
    status.stdout.close()
    _, errors = status.communicate(timeout=60)
    assert (status.returncode, errors) == (3, b"")


def test_a_damaged_state_is_named_and_not_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "stack.json").write_text("{")
    assert main(["down", "--folder", str(tmp_path)]) == 1
    assert f"{tmp_path / 'stack.json'} is damaged" in capsys.readouterr().err
    assert (tmp_path / "stack.json").read_text() == "{"


def _has_ended(stack: Stack, run_id: str) -> bool:
    return stack.api.run("trivial", run_id)["state"] in {"success", "failed"}
