"""The server as a process that tests can kill, and a client that does not try again when it is gone."""

from __future__ import annotations

import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parents[3]
START_SECONDS = 60


class ServerProcess:
    """A server on a free port that keeps everything in a folder."""

    def __init__(self, folder: Path) -> None:
        port_file = folder / "port"
        port_file.unlink(missing_ok=True)
        options = ["--folder", str(folder / "kept"), "--port-file", str(port_file)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "local.warehouse", *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        for _ in range(2):
            assert self._process.stdout.readline(), "the server did not start"
        self.port = int(port_file.read_text())

    @property
    def address(self) -> str:
        """Its HTTP address."""
        return f"http://127.0.0.1:{self.port}"

    def kill(self) -> None:
        """SIGKILL; returns when the process is gone."""
        self._process.kill()
        self._process.wait(START_SECONDS)

    def close(self) -> None:
        """Kill it if it still runs, and close its pipe."""
        self.kill()
        if self._process.stdout is not None:
            self._process.stdout.close()


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
