"""The server as a process of its own, as `serve` starts it."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
import snowflake.connector
from warehouse_client import Client

from local.warehouse.how_to_connect import connection_parameters
from tests.contracts.warehouse.player import forget

ROOT = Path(__file__).parents[3]
MODULE = (sys.executable, "-m", "local.warehouse")


@dataclass(frozen=True)
class ServerProcess:
    """A running `serve`; `listening` is what it said of its address."""

    process: subprocess.Popen[str]
    port: int
    listening: str

    @property
    def address(self) -> str:
        """Its HTTP address."""
        return f"http://127.0.0.1:{self.port}"

    def fault(self, **fields: object) -> None:
        """Put a fault in force."""
        answer = requests.post(f"{self.address}/control/faults", json=fields, timeout=20).json()
        assert answer["success"], answer

    def execute_fatally(self, client: Client, statement: str) -> None:
        """Send a statement as the connector does, which would come again and again; the server dies of it."""
        rest = client.connection.rest
        assert rest is not None
        with pytest.raises(requests.exceptions.ConnectionError):
            requests.post(
                f"{self.address}/queries/v1/query-request?requestId={uuid.uuid4()}",
                json={"sqlText": statement},
                headers={"Authorization": f'Snowflake Token="{rest.token}"'},
                timeout=60,
            )

    def was_killed(self) -> bool:
        """Wait for its end, and tell whether SIGKILL was it."""
        return self.process.wait(20) == -signal.SIGKILL


@contextlib.contextmanager
def server_process(folder: Path) -> Iterator[ServerProcess]:
    """A server that keeps its things below `folder`; whoever has not ended it by the block's end kills it."""
    port_file = folder / "port"
    command = [*MODULE, "serve", "--folder", str(folder / "kept"), "--port-file", str(port_file)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    try:
        assert "not Snowflake" in process.stdout.readline()
        listening = process.stdout.readline()
        yield ServerProcess(process, int(port_file.read_text()), listening)
    finally:
        process.kill()
        process.wait(20)
        process.stdout.close()
        port_file.unlink(missing_ok=True)


@contextlib.contextmanager
def connected(port: int, folder: Path) -> Iterator[Client]:
    """A session on a server at this port, which is left without logging out: the server may be gone by then."""
    parameters = connection_parameters("127.0.0.1", port, {"QUERY_TAG": "kept"})
    connection = snowflake.connector.connect(**parameters)
    yield Client(connection, folder)
    forget(connection)
    connection.close()
