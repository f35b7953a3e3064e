"""Uploads by processes that can be killed, against the local warehouse through a faulty proxy."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local.warehouse.serving.server import RunningWarehouse
from sfetl_provider.adapters.snowflake_session import SnowflakeSession
from sfetl_provider.adapters.upload_messages import from_message, to_message
from sfetl_provider.adapters.upload_process import Patience, ProcessUploader
from sfetl_provider.core.errors import (
    LoginDeniedError,
    ProxyAuthenticationError,
    ScratchSpaceError,
    SfetlError,
    StatementError,
    UploadDeniedError,
    UploadError,
    WarehouseUnavailableError,
)
from sfetl_provider.core.stage.retrying import RetryingUploader, RetrySchedule
from tests.adapters.answering_server import answering_server
from tests.adapters.conftest import STAGE
from tests.adapters.squid import RunningSquid, running_squid
from tests.adapters.test_isolated_connection import proxied
from tests.adapters.throttling_proxy import Fault, Kind, ThrottlingProxy, throttling_proxy

PATIENT = Patience(60, 1_000_000)
HURRIED = Patience(0.5, 1_000_000_000)
SECRET = "s3cret-of-snowflake"


@pytest.fixture
def chunk(tmp_path: Path) -> Path:
    """A chunk of a megabyte that no compression makes smaller."""
    path = tmp_path / "part-00001.tsv.zst"
    path.write_bytes(os.urandom(1_000_000))
    return path


def through(proxy: ThrottlingProxy, warehouse: RunningWarehouse) -> dict[str, Any]:
    return warehouse.connection_parameters() | {"proxy_host": "127.0.0.1", "proxy_port": str(proxy.port)}


def sizes(session: SnowflakeSession, folder: str) -> list[int]:
    return [entry.size_bytes for entry in session.list_stage(folder)]


def retried(uploader: ProcessUploader, reports: list[str], tries: int = 5) -> RetryingUploader:
    return RetryingUploader(uploader, RetrySchedule(tries, 1), reports.append, pause=lambda _: None)


@pytest.fixture
def folder(request: pytest.FixtureRequest) -> str:
    """A stage path of the test's own."""
    return f"{STAGE}/{request.node.name.replace('[', '-').replace(']', '').replace(' ', '_')}/"


@pytest.mark.parametrize("times", [1, 2])
def test_a_line_that_breaks_is_made_anew(
    warehouse: RunningWarehouse, session: SnowflakeSession, chunk: Path, folder: str, times: int
) -> None:
    reports: list[str] = []
    fault = Fault(Kind.CUT, 300_000, times)

    with (
        throttling_proxy(fault=fault) as proxy,
        ProcessUploader(lambda: through(proxy, warehouse), PATIENT) as processes,
    ):
        retried(processes, reports).upload(chunk, folder)
        assert proxy.strikes == times

    assert sizes(session, folder) == [1_000_000]


def test_a_proxy_that_never_answers_an_upload_is_given_up(
    warehouse: RunningWarehouse, session: SnowflakeSession, chunk: Path, folder: str
) -> None:
    reports: list[str] = []
    logins: list[int] = []

    def options() -> dict[str, Any]:
        logins.append(1)
        return through(proxy, warehouse)

    with (
        throttling_proxy(fault=Fault(Kind.FREEZE, 300_000, 1)) as proxy,
        ProcessUploader(options, PATIENT) as processes,
    ):
        processes.upload(_small(chunk), folder)  # logged in, so that the login needs no patience
        processes._patience = HURRIED
        with pytest.raises(UploadError, match="did not end within 1 s and was killed"):
            processes.upload(chunk, folder)
        processes._patience = PATIENT
        retried(processes, reports).upload(chunk, folder)

    assert sorted(sizes(session, folder)) == [3, 1_000_000]
    assert len(logins) == 2  # a token may have expired since the first
    assert [path.name for path in chunk.parent.iterdir() if path.is_dir() and any(path.iterdir())] == []


def _small(chunk: Path) -> Path:
    path = chunk.with_name("part-00000.tsv.zst")
    path.write_bytes(b"abc")
    return path


def test_a_proxy_that_dies_is_told_after_the_last_try(
    warehouse: RunningWarehouse, chunk: Path, folder: str
) -> None:
    reports: list[str] = []
    with throttling_proxy(fault=Fault(Kind.DIE, 300_000)) as proxy:
        options = through(proxy, warehouse) | {"login_timeout": 1}
        with ProcessUploader(lambda: options, Patience(20, 1_000_000)) as processes:
            processes.upload(_small(chunk), folder)
            processes._patience = HURRIED
            with pytest.raises((UploadError, WarehouseUnavailableError), match="was tried 3 times"):
                retried(processes, reports, tries=3).upload(chunk, folder)

    assert [report[:8] for report in reports] == ["Try 1 of", "Try 2 of"]


def test_a_login_that_never_ends_is_given_up(warehouse: RunningWarehouse, chunk: Path, folder: str) -> None:
    with (
        throttling_proxy(fault=Fault(Kind.FREEZE, -1)) as proxy,
        ProcessUploader(lambda: through(proxy, warehouse), HURRIED) as processes,
        pytest.raises(UploadError, match="did not end within"),
    ):
        processes.upload(chunk, folder)


def test_a_process_that_is_killed_is_replaced(
    warehouse: RunningWarehouse, session: SnowflakeSession, chunk: Path, folder: str
) -> None:
    with ProcessUploader(lambda: warehouse.connection_parameters(), PATIENT) as processes:
        processes.upload(chunk, folder)
        (idle,) = processes._idle
        os.kill(idle.process_id, signal.SIGKILL)
        idle._process.wait()
        processes.upload(_small(chunk), folder)

    assert len(sizes(session, folder)) == 2


def test_a_process_that_is_killed_while_it_uploads_is_an_error_that_may_pass(
    warehouse: RunningWarehouse, chunk: Path, folder: str
) -> None:
    with (
        throttling_proxy(fault=Fault(Kind.FREEZE, 300_000)) as proxy,
        ProcessUploader(lambda: through(proxy, warehouse), PATIENT) as processes,
        ThreadPoolExecutor(1) as executor,
    ):
        upload = executor.submit(processes.upload, chunk, folder)
        assert proxy.struck.wait(60)
        (child,) = processes._children
        child.kill()
        with pytest.raises(UploadError, match="ended unexpectedly"):
            upload.result()


@pytest.fixture
def squid_without_storage() -> Iterator[RunningSquid]:
    with running_squid(blocked="stage-upload") as running:
        yield running


def test_a_storage_that_the_proxy_forbids_is_not_tried_again(
    warehouse: RunningWarehouse, squid_without_storage: RunningSquid, chunk: Path, folder: str
) -> None:
    reports: list[str] = []
    with (
        ProcessUploader(lambda: proxied(warehouse, squid_without_storage.port), PATIENT) as processes,
        pytest.raises(UploadDeniedError, match="answered 403") as caught,
    ):
        retried(processes, reports).upload(chunk, folder)

    assert reports == []
    assert "://" not in str(caught.value)


def test_a_rejected_password_of_the_proxy_is_tried_once_for_all(
    warehouse: RunningWarehouse, squid: RunningSquid, chunk: Path, folder: str
) -> None:
    reports: list[str] = []
    with ProcessUploader(lambda: proxied(warehouse, squid.port, "wr0ng"), PATIENT) as processes:
        for _ in range(2):
            with pytest.raises(ProxyAuthenticationError, match="407") as caught:
                retried(processes, reports).upload(chunk, folder)

    assert reports == []
    assert "wr0ng" not in str(caught.value)
    assert [found.status for found in squid.requests()] == [407]


def test_a_refused_login_is_not_tried_again(chunk: Path, folder: str) -> None:
    with answering_server(403) as server:
        options = {"account": "a", "user": "u", "password": SECRET, "host": "127.0.0.1", "protocol": "http"}
        with (
            ProcessUploader(
                lambda: options | {"port": server.port, "login_timeout": 2}, PATIENT
            ) as processes,
            pytest.raises(LoginDeniedError) as caught,
        ):
            processes.upload(chunk, folder)

    assert SECRET not in str(caught.value)


def test_a_stage_that_does_not_exist_is_not_tried_again(warehouse: RunningWarehouse, chunk: Path) -> None:
    with (
        ProcessUploader(lambda: warehouse.connection_parameters(), PATIENT) as processes,
        pytest.raises(StatementError) as caught,
    ):
        processes.upload(chunk, '@"DB"."SFETL"."NOWHERE"/x/')

    assert (caught.value.code, caught.value.is_retryable) == (2003, False)


def test_a_chunk_that_is_gone_is_a_fault_of_the_scratch(warehouse: RunningWarehouse, tmp_path: Path) -> None:
    with (
        ProcessUploader(lambda: warehouse.connection_parameters(), PATIENT) as processes,
        pytest.raises(ScratchSpaceError),
    ):
        processes.upload(tmp_path / "gone.zst", f"{STAGE}/gone/")


def test_secrets_are_neither_on_a_command_line_nor_in_an_environment(
    warehouse: RunningWarehouse, chunk: Path, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_OTHER", SECRET)
    with ProcessUploader(
        lambda: warehouse.connection_parameters() | {"password": SECRET}, PATIENT
    ) as processes:
        processes.upload(chunk, folder)
        (child,) = processes._idle
        process = Path(f"/proc/{child.process_id}")
        assert SECRET.encode() not in (process / "cmdline").read_bytes()
        try:
            assert SECRET.encode() not in (process / "environ").read_bytes()
        except PermissionError:
            assert os.geteuid() != 0  # the process cannot be looked into by others of its user


_PARENT = """
import sys
from pathlib import Path
from sfetl_provider.adapters.upload_process import Patience, ProcessUploader

options = {options!r}
with ProcessUploader(lambda: options, Patience(60, 1e6)) as processes:
    print(processes._taken(Path("x")).process_id, flush=True)
    sys.stdin.read()
"""


def test_processes_die_with_their_parent(warehouse: RunningWarehouse) -> None:
    command = [sys.executable, "-c", _PARENT.format(options=warehouse.connection_parameters())]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    pipe = subprocess.PIPE
    with subprocess.Popen(  # noqa: S603
        command, env=environment, stdin=pipe, stdout=pipe, text=True
    ) as parent:
        assert parent.stdout is not None
        child = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()
        parent.wait()

        # A pidfd is readable once its process has ended.
        assert select.select([child], [], [], 60)[0]
        os.close(child)


def test_every_error_comes_out_of_the_process_as_it_went_in() -> None:
    error = StatementError("No.", code=2003, query_id="q", safe="All.", next_step="Ask.")

    again = from_message(to_message(error))

    assert isinstance(again, StatementError)
    assert (str(again), again.code, again.query_id) == ("No. All. Ask.", 2003, "q")
    unknown = from_message(to_message(ValueError(f"https://user:{SECRET}@host")))
    assert isinstance(unknown, UploadError)
    assert isinstance(unknown, SfetlError)
    assert SECRET not in str(unknown)
