"""`python -m local.warehouse start`, `stop`, `status`: a server in the background, found again by a state file."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from local.stack.folders import PROJECT
from local.stack.processes import BackgroundProcess, is_alive, log_tail, start_background, stop_background
from local.warehouse.serving.certificates import BUNDLE_NAME
from local.warehouse.serving.how_to_connect import connections_toml, explained

START_SECONDS = 60.0
STOP_SECONDS = 15.0
_POLL_SECONDS = 0.05


class CannotServeError(Exception):
    """A server cannot be started or stopped; the message says why and what to do."""


@dataclass(frozen=True)
class ServerState:
    """A server that was started; it need not be alive any more."""

    process: BackgroundProcess
    host: str
    port: int
    folder: str | None
    ca_bundle: str | None

    @property
    def address(self) -> str:
        """Its HTTP address."""
        return f"{'https' if self.ca_bundle else 'http'}://{self.host}:{self.port}"

    def explained(self) -> str:
        """How to connect to it."""
        return explained(self.host, self.port, _path(self.folder), _path(self.ca_bundle))


class BackgroundServer:
    """The one server of a state folder: `state.json`, its log, `connections.toml`."""

    def __init__(self, state_folder: Path) -> None:
        self._folder = state_folder.resolve()
        self._state_file = self._folder / "state.json"
        self._port_file = self._folder / "port"
        self._tls_folder = self._folder / "tls"

    def state(self) -> ServerState | None:
        """What was started last and not stopped; raises CannotServeError when the file is damaged."""
        try:
            found = json.loads(self._state_file.read_text(encoding="utf-8"))
            return ServerState(**{**found, "process": BackgroundProcess(**found["process"])})
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise CannotServeError(
                f"{self._state_file} is damaged ({error}). If a local warehouse still runs, end it by hand; "
                "then delete the file."
            ) from error

    def start(self, host: str, folder: Path | None, options: Sequence[str]) -> ServerState:
        """Start `serve` with these options, and wait until it answers.

        Raises CannotServeError when one runs already or when it ends at once; nothing new runs then.
        """
        with self._locked():
            before = self.state()
            if before is not None and is_alive(before.process):
                raise CannotServeError(
                    f"A local warehouse already runs at {before.address} (process {before.process.pid}). Stop it "
                    "first, with the same --state-folder, or give another --state-folder."
                )
            self._port_file.unlink(missing_ok=True)
            command = [sys.executable, "-m", "local.warehouse", "serve", *options]
            command += ["--port-file", str(self._port_file), "--tls-folder", str(self._tls_folder)]
            log = self._folder / "log.txt"
            log.unlink(missing_ok=True)
            process = start_background("local warehouse", command, os.environ, log, PROJECT)
            try:
                state = self._ready(process, host, folder, is_tls="--tls" in options or "--key" in options)
                self._save(state)
            except BaseException:
                stop_background([process], STOP_SECONDS)
                raise
            return state

    def stop(self) -> str:
        """Stop it, with what it started; says what was done. Stopping a stopped one is no error."""
        with self._locked():
            state = self.state()
            if state is None:
                return "No local warehouse was started here: nothing to stop."
            was_alive = is_alive(state.process)
            killed = stop_background([state.process], STOP_SECONDS)
            self._state_file.unlink()
            if not was_alive:
                return f"The local warehouse of {state.address} had ended by itself; see {state.process.log_file}."
            if killed:
                return f"The local warehouse of {state.address} did not end in time and was killed."
            return f"Stopped the local warehouse of {state.address}."

    def _ready(
        self, process: BackgroundProcess, host: str, folder: Path | None, *, is_tls: bool
    ) -> ServerState:
        give_up_at = time.monotonic() + START_SECONDS
        while time.monotonic() < give_up_at:
            if not is_alive(process):
                raise CannotServeError(f"The local warehouse did not start.\n{log_tail(process)}")
            if self._port_file.exists():
                port = int(self._port_file.read_text(encoding="ascii"))
                bundle = str(self._tls_folder / BUNDLE_NAME) if is_tls else None
                state = ServerState(process, host, port, str(folder) if folder else None, bundle)
                if _answers(state):
                    return state
            time.sleep(_POLL_SECONDS)
        raise CannotServeError(
            f"The local warehouse did not answer within {START_SECONDS:.0f} s and was stopped.\n"
            f"{log_tail(process)}"
        )

    def _save(self, state: ServerState) -> None:
        toml = connections_toml(state.host, state.port, state.ca_bundle is not None)
        connections = self._folder / "connections.toml"
        connections.write_text(toml, encoding="utf-8")
        # The Snowflake CLI refuses a file that others can read.
        connections.chmod(0o600)
        partial = self._state_file.with_suffix(".partial")
        partial.write_text(json.dumps(asdict(state), indent=2), encoding="utf-8")
        partial.replace(self._state_file)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Two commands take turns; one that dies lets go."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


def _answers(state: ServerState) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(state.host, state.host)  # noqa: S104 - where it listens
    context = ssl.create_default_context()
    # It is asked for life only, by a name that its certificate need not have.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    address = f"{state.address.partition(':')[0]}://{host}:{state.port}/health"
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )
    try:
        with opener.open(address, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
