"""A real mitmproxy on a free loopback port: it opens TLS as company proxies do, by an authority of its own."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local.stack.waiting import wait_until
from tests.adapters.squid import INNER_HOST

PROJECT = Path(__file__).parents[2]
PROGRAM = PROJECT / ".venv-mitmproxy" / "bin" / "mitmdump"
ISSUER = "mitmproxy"
_ADDON = Path(__file__).with_name("mitmproxy_addon.py")
_START_SECONDS = 90


@dataclass(frozen=True)
class RunningMitmproxy:
    """A proxy that answers on `port`; `authority` is the PEM file of the CA that it signs with."""

    port: int
    folder: Path

    @property
    def authority(self) -> Path:
        return self.folder / "mitmproxy-ca-cert.pem"

    def requests(self) -> list[str]:
        """Give what passed, decrypted, as `status METHOD host/path`."""
        log = self.folder / "requests"
        return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


@contextlib.contextmanager
def running_mitmproxy(server_bundle: Path) -> Iterator[RunningMitmproxy]:
    """A mitmproxy until the block ends, which trusts servers by this bundle; raises RuntimeError without one."""
    if not PROGRAM.exists():
        raise RuntimeError("mitmproxy is not installed: run `make test`, which makes .venv-mitmproxy.")
    with tempfile.TemporaryDirectory(prefix="sfetl-mitmproxy-") as name:
        folder = Path(name)
        with socket.create_server(("127.0.0.1", 0)) as bound:
            port = bound.getsockname()[1]
        settings = {
            "confdir": folder,
            "ssl_verify_upstream_trusted_ca": server_bundle,
            "connection_strategy": "lazy",
            "stream_large_bodies": "1m",
            "flow_detail": 0,
        }
        options = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
        command = [str(PROGRAM), "--listen-host", "127.0.0.1", "--listen-port", str(port), "-s", str(_ADDON)]
        environment = {**os.environ, "INNER_HOST": INNER_HOST, "REQUEST_LOG": str(folder / "requests")}
        environment.pop("PYTHONPATH", None)
        silence = subprocess.DEVNULL
        with subprocess.Popen(  # noqa: S603
            [*command, *options], env=environment, stdin=silence, stdout=silence, stderr=silence
        ) as process:
            try:
                wait_until(lambda: _answers(process, port), "mitmproxy", _START_SECONDS)
                yield RunningMitmproxy(port, folder)
            finally:
                process.terminate()


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    if process.poll() is not None:
        raise RuntimeError(f"mitmproxy ended with exit code {process.returncode}.")
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
