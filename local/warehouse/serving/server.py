"""A warehouse in a thread of this process, for tests: `with running_warehouse() as warehouse: …`."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from local.warehouse.serving.app import SYNCHRONOUS_SECONDS, create_app
from local.warehouse.serving.certificates import TlsFiles, make_certificates
from local.warehouse.serving.faulty_connections import OpenProtocol
from local.warehouse.serving.how_to_connect import connection_parameters
from local.warehouse.warehouse import Warehouse

START_SECONDS = 30.0

# fakesnow's own notices about its use of DuckDB and sqlglot; nobody who uses the warehouse can act on them.
warnings.filterwarnings("ignore", message="Arrow output on a DB-API result")
logging.getLogger("sqlglot").setLevel(logging.ERROR)


@dataclass(frozen=True)
class RunningWarehouse:
    """A server that answers; `warehouse` is what it serves, for tests that look inside.

    With TLS clients need `ca_bundle`; connector 4.x takes it from REQUESTS_CA_BUNDLE (`certificates.trusting`).
    """

    host: str
    port: int
    warehouse: Warehouse
    ca_bundle: Path | None = None

    @property
    def address(self) -> str:
        """Its HTTP address without a slash at the end."""
        return f"{'https' if self.ca_bundle else 'http'}://{self.host}:{self.port}"

    def connection_parameters(self, **session_parameters: str | int | bool) -> dict[str, Any]:
        """Arguments for snowflake.connector.connect; what is given here becomes session parameters."""
        return connection_parameters(
            self.host, self.port, session_parameters, "https" if self.ca_bundle else "http"
        )


class SignallingServer(uvicorn.Server):
    """A uvicorn server that says when it takes requests."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self.is_ready = threading.Event()
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets=sockets)
        self.is_ready.set()
        self._on_ready()


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket bound to exactly this address; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        bound.listen(128)
    except OSError:
        bound.close()
        raise
    return bound


def server_of(
    warehouse: Warehouse,
    synchronous_seconds: float = SYNCHRONOUS_SECONDS,
    tls: TlsFiles | None = None,
    on_ready: Callable[[], None] = lambda: None,
) -> SignallingServer:
    """A server for a warehouse, not yet started; `on_ready` is called once it takes requests and signals."""
    return SignallingServer(
        uvicorn.Config(
            create_app(warehouse, synchronous_seconds),
            http=OpenProtocol,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=2,
            lifespan="off",
            ssl_certfile=tls.certificate if tls else None,
            ssl_keyfile=tls.key if tls else None,
        ),
        on_ready,
    )


@contextlib.contextmanager
def running_warehouse(
    folder: Path | None = None,
    *,
    port: int = 0,
    synchronous_seconds: float = SYNCHRONOUS_SECONDS,
    tls: bool = False,
    names: Sequence[str] = (),
) -> Iterator[RunningWarehouse]:
    """A server on a loopback port until the block ends; then running queries are cancelled and all is closed.

    With `tls` it has a certificate of its own for localhost and `names`. Raises RuntimeError when it does not
    start within 30 s.
    """
    warehouse = Warehouse(folder)
    files = make_certificates(warehouse.root / "tls", names) if tls else None
    server = server_of(warehouse, synchronous_seconds, files)
    bound = listening_socket("127.0.0.1", port)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [bound]}, name="local-warehouse", daemon=True
    )
    thread.start()
    try:
        if not server.is_ready.wait(START_SECONDS):
            raise RuntimeError(f"The local warehouse did not start within {START_SECONDS:.0f} s.")
        bundle = files.ca_bundle if files else None
        yield RunningWarehouse("127.0.0.1", bound.getsockname()[1], warehouse, bundle)
    finally:
        warehouse.faults.clear()
        server.should_exit = True
        thread.join(START_SECONDS)
        bound.close()
        warehouse.close()
