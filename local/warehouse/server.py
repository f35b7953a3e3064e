"""A warehouse in a thread of this process, for tests: `with running_warehouse() as warehouse: …`."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from local.warehouse.app import SYNCHRONOUS_SECONDS, create_app
from local.warehouse.warehouse import Warehouse

START_SECONDS = 30.0

# fakesnow's own notices about its use of DuckDB and sqlglot; nobody who uses the warehouse can act on them.
warnings.filterwarnings("ignore", message="Arrow output on a DB-API result")
logging.getLogger("sqlglot").setLevel(logging.ERROR)


@dataclass(frozen=True)
class RunningWarehouse:
    """A server that answers; `warehouse` is what it serves, for tests that look inside."""

    host: str
    port: int
    warehouse: Warehouse

    @property
    def address(self) -> str:
        """Its HTTP address without a slash at the end."""
        return f"http://{self.host}:{self.port}"

    def connection_parameters(self, **session_parameters: str | int | bool) -> dict[str, Any]:
        """Arguments for snowflake.connector.connect; what is given here becomes session parameters."""
        return connection_parameters(self.host, self.port, session_parameters)


def connection_parameters(
    host: str, port: int, session_parameters: Mapping[str, str | int | bool]
) -> dict[str, Any]:
    """Arguments for snowflake.connector.connect to a local warehouse anywhere."""
    return {
        "user": "local",
        "password": "local",
        "account": "local",
        "host": host,
        "port": port,
        "protocol": "http",
        "paramstyle": "qmark",
        "session_parameters": {"CLIENT_SESSION_KEEP_ALIVE": True, **session_parameters},
        "platform_detection_timeout_seconds": 0.0,
    }


class SignallingServer(uvicorn.Server):
    """A uvicorn server that says when it takes requests."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets=sockets)
        self.is_ready.set()


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket bound to exactly this address; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    bound.listen(128)
    return bound


def server_of(warehouse: Warehouse, synchronous_seconds: float = SYNCHRONOUS_SECONDS) -> SignallingServer:
    """A server for a warehouse, not yet started."""
    app = create_app(warehouse, synchronous_seconds)
    return SignallingServer(
        uvicorn.Config(
            app, log_level="warning", access_log=False, timeout_graceful_shutdown=2, lifespan="off"
        )
    )


@contextlib.contextmanager
def running_warehouse(
    folder: Path | None = None, *, port: int = 0, synchronous_seconds: float = SYNCHRONOUS_SECONDS
) -> Iterator[RunningWarehouse]:
    """A server on a loopback port until the block ends; then running queries are cancelled and all is closed.

    Raises RuntimeError when it does not start within 30 s.
    """
    warehouse = Warehouse(folder)
    server = server_of(warehouse, synchronous_seconds)
    bound = listening_socket("127.0.0.1", port)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [bound]}, name="local-warehouse", daemon=True
    )
    thread.start()
    try:
        if not server.is_ready.wait(START_SECONDS):
            raise RuntimeError(f"The local warehouse did not start within {START_SECONDS:.0f} s.")
        yield RunningWarehouse("127.0.0.1", bound.getsockname()[1], warehouse)
    finally:
        server.should_exit = True
        thread.join(START_SECONDS)
        bound.close()
        warehouse.close()
