"""`python -m local.warehouse`: serve until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from pathlib import Path
from types import FrameType

from local.warehouse import wire
from local.warehouse.server import listening_socket, server_of
from local.warehouse.warehouse import Warehouse


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.warehouse", description=wire.NOTICE)
    parser.add_argument("--host", default="127.0.0.1", help="listen on this and no other address")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port, which is printed")
    parser.add_argument(
        "--folder", type=Path, help="keep everything here; without it everything is gone at the end"
    )
    parser.add_argument("--port-file", type=Path, help="write the port to this file once the server listens")
    return parser.parse_args()


def _write_port(path: Path, port: int) -> None:
    """In one piece: who waits for the file never reads half a number."""
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(f"{port}\n", encoding="ascii")
    partial.replace(path)


def _exit(_number: int, _frame: FrameType | None) -> None:
    """uvicorn raises the signal again when it has stopped; this lets the databases be closed then."""
    sys.exit(0)


def main() -> None:
    """Start the server; it ends cleanly on SIGTERM, with all databases written."""
    arguments = _arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    signal.signal(signal.SIGTERM, _exit)
    warehouse = Warehouse(arguments.folder)
    bound = listening_socket(arguments.host, arguments.port)
    port = bound.getsockname()[1]
    if arguments.port_file:
        _write_port(arguments.port_file, port)
    print(
        f"{wire.NOTICE}\nListening on http://{arguments.host}:{port}, keeping "
        f"{arguments.folder or 'nothing (all is gone at the end)'}.",
        flush=True,
    )
    try:
        server_of(warehouse).run(sockets=[bound])
    finally:
        warehouse.close()


if __name__ == "__main__":
    main()
