"""The server as a process that tests can kill, and a client that does not try again when it is gone."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests
import snowflake.connector

from local.warehouse.serving.how_to_connect import connection_parameters
from tests.contracts.warehouse.player import forget
from tests.local.warehouse.warehouse_client import Client

ROOT = Path(__file__).parents[3]
MODULE = (sys.executable, "-m", "local.warehouse")
START_SECONDS = 60


class ServerProcess:
    """A server on a free port that keeps everything in a folder; `listening` is what it says of its address."""

    def __init__(self, folder: Path) -> None:
        port_file = folder / "port"
        port_file.unlink(missing_ok=True)
        options = ["--folder", str(folder / "kept"), "--port-file", str(port_file)]
        self.process = subprocess.Popen(
            [*MODULE, "serve", *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        assert "not Snowflake" in self.process.stdout.readline(), "the server did not start"
        self.listening = self.process.stdout.readline()
        self.port = int(port_file.read_text())

    @property
    def address(self) -> str:
        """Its HTTP address."""
        return f"http://127.0.0.1:{self.port}"

    def fault(self, **fields: object) -> None:
        """Put a fault in force."""
        answer = requests.post(f"{self.address}/control/faults", json=fields, timeout=20).json()
        assert answer["success"], answer

    def was_killed(self) -> bool:
        """Wait for its end, and tell whether SIGKILL was it."""
        return self.process.wait(START_SECONDS) == -signal.SIGKILL

    def kill(self) -> None:
        """SIGKILL; returns when the process is gone."""
        self.process.kill()
        self.process.wait(START_SECONDS)

    def close(self) -> None:
        """Kill it if it still runs, and close its pipe."""
        self.kill()
        if self.process.stdout is not None:
            self.process.stdout.close()


@contextlib.contextmanager
def server_process(folder: Path) -> Iterator[ServerProcess]:
    """A server that is killed at the block's end if it has not ended before."""
    server = ServerProcess(folder)
    try:
        yield server
    finally:
        server.close()


@contextlib.contextmanager
def connected(port: int, folder: Path) -> Iterator[Client]:
    """A session on a server at this port, which is left without logging out: the server may be gone by then."""
    parameters = connection_parameters("127.0.0.1", port, {"QUERY_TAG": "kept"})
    connection = snowflake.connector.connect(**parameters)
    yield Client(connection, folder)
    forget(connection)
    connection.close()


class ServerGoneError(Exception):
    """The server did not answer."""


class PlainClient:
    """A session over plain HTTP. The connector would try again for minutes when the server is killed."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._http = requests.Session()
        self._http.trust_env = False
        body = {"data": {"LOGIN_NAME": "LOCAL", "PASSWORD": "", "SESSION_PARAMETERS": {}}}
        answer = self._post("/session/v1/login-request?databaseName=DB&schemaName=SFETL", body)
        self._http.headers["Authorization"] = f'Snowflake Token="{answer["data"]["token"]}"'

    def run(self, statement: str) -> dict[str, Any]:
        """The data of the answer; raises ServerGoneError, AssertionError for a statement that fails."""
        answer = self._post(f"/queries/v1/query-request?requestId={uuid.uuid4()}", {"sqlText": statement})
        assert answer["success"], f"{statement}\n{answer}"
        data: dict[str, Any] = answer["data"]
        return data

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            response = self._http.post(self._address + path, json=body, timeout=START_SECONDS)
            found: dict[str, Any] = response.json()
        except (requests.RequestException, ValueError) as error:
            raise ServerGoneError from error
        return found
