"""`start`, `stop` and `status`: one command each, and what they say when they cannot."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import snowflake.connector

from local.warehouse.__main__ import main
from local.warehouse.serving.background import BackgroundServer, ServerState
from local.warehouse.serving.certificates import BUNDLE_VARIABLE
from tests.local.warehouse.server_process import MODULE, ROOT


def command(*words: str, state: Path) -> subprocess.CompletedProcess[str]:
    """Run a verb as a user does."""
    words = (*MODULE, words[0], "--state-folder", str(state), *words[1:])
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def state_of(folder: Path) -> ServerState:
    state = BackgroundServer(folder).state()
    assert state is not None
    return state


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """A state folder whose server is stopped at the end."""
    folder = tmp_path / "state"
    yield folder
    BackgroundServer(folder).stop()


def test_start_says_how_to_connect_and_stop_ends_it(state: Path, tmp_path: Path) -> None:
    started = command("start", "--folder", str(tmp_path / "kept"), state=state)
    assert (started.returncode, started.stderr) == (0, "")
    running = state_of(state)
    assert running.address in started.stdout
    assert "It is not Snowflake" in started.stdout
    parameters = tomllib.loads((state / "connections.toml").read_text(encoding="utf-8"))["local"]
    assert all(
        line in started.stdout for line in (f"port = {running.port}", "[local]", "port=" + str(running.port))
    )
    with snowflake.connector.connect(**parameters) as connection:
        connection.cursor().execute("CREATE DATABASE KEPT")
    told = command("status", state=state)
    assert (told.returncode, running.address in told.stdout) == (0, True)
    stopped = command("stop", state=state)
    assert (stopped.returncode, stopped.stdout) == (0, f"Stopped the local warehouse of {running.address}.\n")
    assert command("status", state=state).returncode == 3
    with pytest.raises(ProcessLookupError):
        os.kill(running.process.pid, 0)
    assert (tmp_path / "kept" / "databases" / "KEPT.db").exists()


def test_it_runs_in_a_session_of_its_own_and_keeps_the_port_that_it_was_given(state: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    assert main(["start", "--state-folder", str(state), "--port", str(port)]) == 0
    running = state_of(state)
    assert running.port == port
    assert os.getsid(running.process.pid) == running.process.pid


def test_a_second_start_is_refused_and_the_first_runs_on(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(tmp_path / "kept")
    assert main(["start", "--state-folder", str(state), "--folder", folder]) == 0
    first = state_of(state)
    assert main(["start", "--state-folder", str(state)]) == 1
    assert f"already runs at {first.address}" in capsys.readouterr().err
    assert main(["start", "--state-folder", str(tmp_path / "other"), "--folder", folder]) == 1
    said = capsys.readouterr().err
    assert f"is in use by process {first.process.pid}" in said
    assert "give another --folder" in said
    assert "Traceback" not in said
    assert main(["start", "--state-folder", str(tmp_path / "other"), "--port", str(first.port)]) == 1
    assert f"Port {first.port} of 127.0.0.1 is taken" in capsys.readouterr().err
    assert main(["status", "--state-folder", str(state)]) == 0
    assert main(["status", "--state-folder", str(tmp_path / "other")]) == 3


def test_a_server_that_died_is_noticed_and_started_again(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["start", "--state-folder", str(state)]) == 0
    os.kill(state_of(state).process.pid, signal.SIGKILL)
    os.waitpid(state_of(state).process.pid, 0)
    assert main(["status", "--state-folder", str(state)]) == 3
    assert "has died" in capsys.readouterr().out
    assert main(["start", "--state-folder", str(state)]) == 0
    os.kill(state_of(state).process.pid, signal.SIGKILL)
    os.waitpid(state_of(state).process.pid, 0)
    assert main(["stop", "--state-folder", str(state)]) == 0
    assert "had ended by itself" in capsys.readouterr().out


def test_stopping_nothing_is_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stop", "--state-folder", str(tmp_path)]) == 0
    assert "nothing to stop" in capsys.readouterr().out


def test_a_damaged_state_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "state.json").write_text("{", encoding="utf-8")
    for verb in ("start", "stop", "status"):
        assert main([verb, "--state-folder", str(tmp_path)]) == 1
        assert "then delete the file" in capsys.readouterr().err


def test_over_tls_it_prints_its_bundle(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = command("start", "--tls", "--name", "warehouse.test", state=state)
    assert started.returncode == 0, started.stderr
    running = state_of(state)
    assert f"export {BUNDLE_VARIABLE}={running.ca_bundle}" in started.stdout
    monkeypatch.setenv(BUNDLE_VARIABLE, str(running.ca_bundle))
    parameters = tomllib.loads((state / "connections.toml").read_text(encoding="utf-8"))["local"]
    assert parameters["protocol"] == "https"
    with snowflake.connector.connect(**parameters) as connection:
        assert connection.cursor().execute("SELECT 1").fetchall() == [(1,)]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--certificate", "missing.pem"], "belong together"),
        (["--certificate", "missing.pem", "--key", "missing.pem"], "cannot be used"),
        (["--host", "192.0.2.1"], "Cannot listen"),
    ],
)
def test_what_cannot_be_served_is_said_without_a_traceback(
    options: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["start", "--state-folder", str(tmp_path), *options]) == 1
    errors = capsys.readouterr().err
    assert said in errors
    assert "Traceback" not in errors


def test_a_verb_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--port", "0"])
    assert "verb" in capsys.readouterr().err
