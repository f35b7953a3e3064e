"""The server as a process of its own, and what survives it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import psutil
import pytest
import requests
from snowflake.connector.constants import QueryStatus
from warehouse_client import Client, copy_statement

from local.warehouse.serving.server import running_warehouse
from tests.local.warehouse.server_process import (
    PlainClient,
    ServerGoneError,
    ServerProcess,
    connected,
    server_process,
)

UPLOAD_BYTES = 300 << 20
UPLOAD_GROWTH_LIMIT = 48 << 20


def fill(client: Client) -> str:
    for statement in (
        "CREATE DATABASE DB",
        "CREATE SCHEMA DB.SFETL",
        "CREATE STAGE DB.SFETL.CHUNKS ENCRYPTION=(TYPE='SNOWFLAKE_SSE')",
        "CREATE TABLE DB.SFETL.T (A VARCHAR(3), B VARCHAR)",
    ):
        client.rows(statement)
    client.stage("p/f.tsv", b"a\tb\n")
    cursor = client.connection.cursor()
    cursor.execute(copy_statement("DB.SFETL.T", "p/", "f.tsv"))
    return str(cursor.sfqid)


def end(server: ServerProcess, number: signal.Signals) -> None:
    server.process.send_signal(number)
    assert server.process.wait(20) == (-number if number == signal.SIGKILL else 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    with server_process(tmp_path) as server:
        assert f"Listening on {server.address}, keeping {tmp_path / 'kept'}" in server.listening
        end(server, number)


def test_all_survives_an_end_by_sigterm_and_by_sigkill(tmp_path: Path) -> None:
    with server_process(tmp_path) as server, connected(server.port, tmp_path) as client:
        query_id = fill(client)
        end(server, signal.SIGTERM)
    with server_process(tmp_path) as server, connected(server.port, tmp_path) as client:
        assert client.rows("SELECT * FROM DB.SFETL.T") == [("a", "b")]
        assert client.rows("LIST @DB.SFETL.CHUNKS")[0][:2] == ("chunks/p/f.tsv", 4)
        assert client.copy("DB.SFETL.T", "p/", "f.tsv")[0][1] == "LOAD_SKIPPED"
        assert client.failure("INSERT INTO DB.SFETL.T VALUES ('abcd', '')").errno == 100078
        assert client.connection.get_query_status(query_id) == QueryStatus.SUCCESS
        client.rows("INSERT INTO DB.SFETL.T VALUES ('c', 'd')")
        client.rows("BEGIN")
        client.rows("INSERT INTO DB.SFETL.T VALUES ('not', 'kept')")
        end(server, signal.SIGKILL)
    with running_warehouse(tmp_path / "kept") as again, connected(again.port, tmp_path) as client:
        assert client.rows("SELECT A FROM DB.SFETL.T ORDER BY A") == [("a",), ("c",)]


COPY = (copy_statement("DB.SFETL.T", "p/", "f.tsv", "g.tsv", options="FORCE=TRUE"),)
PUBLISH = ("BEGIN", "DELETE FROM DB.SFETL.T", "INSERT INTO DB.SFETL.T VALUES ('new', '')", "COMMIT")


@pytest.mark.parametrize(
    ("statements", "kill", "left", "then"),
    [
        (COPY, "before", ["a"], "LOADED"),
        (COPY, "file 1", ["a"], "LOADED"),
        (COPY, "file 2", ["a"], "LOADED"),
        (COPY, "after", ["a", "a", "c"], "LOAD_SKIPPED"),
        (PUBLISH[:3], "after", ["a"], "LOADED"),
        (PUBLISH, "before", ["a"], "LOADED"),
        (PUBLISH, "after", ["new"], "LOADED"),
    ],
)
def test_a_kill_in_the_middle_leaves_nothing_half_done(
    tmp_path: Path, statements: tuple[str, ...], kill: str, left: list[str], then: str
) -> None:
    with server_process(tmp_path) as server, connected(server.port, tmp_path) as client:
        fill(client)
        client.stage("p/g.tsv", b"c\td\n")
        plain = PlainClient(server.address)
        for statement in statements[:-1]:
            plain.run(statement)
        server.fault(statement=statements[-1].partition(" FROM")[0], kill=kill)
        with pytest.raises(ServerGoneError):
            plain.run(statements[-1])
        assert server.was_killed()
    with running_warehouse(tmp_path / "kept") as again, connected(again.port, tmp_path) as client:
        assert [row[0] for row in client.rows("SELECT A FROM DB.SFETL.T ORDER BY A")] == left
        assert client.copy("DB.SFETL.T", "p/", "g.tsv")[0][1] == then


def test_a_kill_in_an_upload_leaves_nothing(tmp_path: Path) -> None:
    with server_process(tmp_path) as server, connected(server.port, tmp_path) as client:
        fill(client)
        address = upload_address(client, "killed")
        server.fault(route="upload", kill="byte 500000")
        with pytest.raises(requests.exceptions.ConnectionError):
            requests.put(address, data=b"x" * 1_000_000, timeout=20)
        assert server.was_killed()
    with running_warehouse(tmp_path / "kept") as again, connected(again.port, tmp_path) as client:
        assert [row[0] for row in client.rows("LIST @DB.SFETL.CHUNKS")] == ["chunks/p/f.tsv"]
        assert list((tmp_path / "kept" / "uploads").iterdir()) == []


def upload_address(client: Client, folder: str) -> str:
    """Where the file `f` of a PUT is to be sent to."""
    body = {"sqlText": f"PUT file:///tmp/f @DB.SFETL.CHUNKS/{folder}", "sequenceId": 1}
    rest = client.connection.rest
    assert rest is not None
    answer = rest.request(f"/queries/v1/query-request?requestId={os.urandom(8).hex()}", body)
    return str(answer["data"]["stageInfo"]["presignedUrl"])


def test_an_upload_takes_no_more_memory_than_its_buffers(tmp_path: Path) -> None:
    with server_process(tmp_path) as server, connected(server.port, tmp_path) as client:
        fill(client)
        requests.put(upload_address(client, "warm"), data=b"x" * 1_000_000, timeout=20)
        process = psutil.Process(server.process.pid)
        before = peak_bytes(process)
        address = upload_address(client, "big")
        piece = os.urandom(1 << 20)
        sent = requests.put(address, data=(piece for _ in range(UPLOAD_BYTES >> 20)), timeout=300)
        assert sent.status_code == 200
        assert client.rows("LIST @DB.SFETL.CHUNKS/big")[0][1] == UPLOAD_BYTES
        assert peak_bytes(process) - before < UPLOAD_GROWTH_LIMIT


def peak_bytes(process: psutil.Process) -> int:
    """The most memory that a process has had resident so far, as the kernel counts it."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) << 10


def test_memory_leaves_nothing_behind() -> None:
    with running_warehouse() as warehouse:
        folder = warehouse.warehouse.root
        assert folder.is_dir()
    assert not folder.exists()
