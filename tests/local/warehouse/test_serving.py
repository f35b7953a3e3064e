"""The server as a process of its own, and what survives it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import snowflake.connector
from snowflake.connector.constants import QueryStatus
from warehouse_client import TSV, Client, copy_statement

from local.warehouse.server import connection_parameters, running_warehouse

ROOT = Path(__file__).parents[3]


@contextmanager
def serving(folder: Path, ending: signal.Signals) -> Iterator[int]:
    """A server process on a free port, ended by a signal."""
    port_file = folder / "port"
    command = [
        sys.executable,
        "-m",
        "local.warehouse",
        "serve",
        "--folder",
        str(folder / "kept"),
        "--port-file",
        str(port_file),
    ]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    try:
        assert "not Snowflake" in process.stdout.readline()
        listening = process.stdout.readline()
        port = int(port_file.read_text())
        assert f"Listening on http://127.0.0.1:{port}," in listening
        yield port
        process.send_signal(ending)
        assert process.wait(20) == (0 if ending == signal.SIGTERM else -ending)
    finally:
        process.kill()
        process.wait(20)
        process.stdout.close()
        port_file.unlink(missing_ok=True)


@contextmanager
def connected(port: int, folder: Path) -> Iterator[Client]:
    with snowflake.connector.connect(
        **connection_parameters("127.0.0.1", port, {"QUERY_TAG": "kept"})
    ) as connection:
        yield Client(connection, folder)


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


def test_all_survives_an_end_by_sigterm_and_by_sigkill(tmp_path: Path) -> None:
    with serving(tmp_path, signal.SIGTERM) as port, connected(port, tmp_path) as client:
        query_id = fill(client)
    with serving(tmp_path, signal.SIGKILL) as port, connected(port, tmp_path) as client:
        assert client.rows("SELECT * FROM DB.SFETL.T") == [("a", "b")]
        assert client.rows("LIST @DB.SFETL.CHUNKS")[0][:2] == ("chunks/p/f.tsv", 4)
        assert client.copy("DB.SFETL.T", "p/", "f.tsv", file_format=TSV)[0][1] == "LOAD_SKIPPED"
        assert client.failure("INSERT INTO DB.SFETL.T VALUES ('abcd', '')").errno == 100078
        assert client.connection.get_query_status(query_id) == QueryStatus.SUCCESS
        client.rows("INSERT INTO DB.SFETL.T VALUES ('c', 'd')")
        client.rows("BEGIN")
        client.rows("INSERT INTO DB.SFETL.T VALUES ('not', 'kept')")
        client.connection._server_session_keep_alive = True
    with running_warehouse(tmp_path / "kept") as again, connected(again.port, tmp_path) as client:
        assert client.rows("SELECT A FROM DB.SFETL.T ORDER BY A") == [("a",), ("c",)]


def test_memory_leaves_nothing_behind() -> None:
    with running_warehouse() as warehouse:
        folder = warehouse.warehouse.files._files.parent
        assert folder.is_dir()
    assert not folder.exists()
