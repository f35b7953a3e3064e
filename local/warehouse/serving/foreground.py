"""`python -m local.warehouse serve`: serve in the foreground until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import errno
import logging
import re
import signal
import socket
import sys
from pathlib import Path
from types import FrameType

import duckdb

from local.warehouse.notice import NOTICE
from local.warehouse.serving.background import CannotServeError
from local.warehouse.serving.certificates import TlsFiles, given_certificates, make_certificates
from local.warehouse.serving.server import listening_socket, server_of
from local.warehouse.warehouse import Warehouse


def serve(options: argparse.Namespace) -> None:
    """Serve until a signal ends it, cleanly, with all databases written.

    Raises CannotServeError for a port or a folder that is in use, and for certificates that are none.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _exit)
    bound = _bound(options.host, options.port)
    warehouse = _opened(options.folder)
    try:
        tls = _certificates(options, options.tls_folder or warehouse.root / "tls")
        warehouse.faults.may_kill = True

        def announce() -> None:
            # Not before: a signal that comes while the server starts would find it half made.
            _announce(options, bound.getsockname()[1], tls)

        server_of(warehouse, tls=tls, on_ready=announce).run(sockets=[bound])
    finally:
        bound.close()
        warehouse.close()


def _announce(options: argparse.Namespace, port: int, tls: TlsFiles | None) -> None:
    if options.port_file:
        _write_port(options.port_file, port)
    scheme = "https" if tls else "http"
    trust = f" Its certificate is trusted with {tls.ca_bundle}." if tls else ""
    print(
        f"{NOTICE}\nListening on {scheme}://{options.host}:{port}, keeping "
        f"{options.folder or 'nothing (all is gone at the end)'}.{trust}",
        flush=True,
    )


def _exit(_number: int, _frame: FrameType | None) -> None:
    """uvicorn raises the signal again when it has stopped; this lets the databases be closed then."""
    sys.exit(0)


def _bound(host: str, port: int) -> socket.socket:
    try:
        return listening_socket(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            advice = "Stop what listens there, or give another --port (0, or none, takes a free one)."
            raise CannotServeError(f"Port {port} of {host} is taken. {advice}") from error
        raise CannotServeError(f"Cannot listen on port {port} of {host}: {error.strerror}.") from error


def _opened(folder: Path | None) -> Warehouse:
    try:
        return Warehouse(folder)
    except duckdb.IOException as error:
        if "lock" not in str(error):
            raise
        holder = re.search(r"\(PID (\d+)\)", str(error))
        who = f"process {holder[1]}" if holder else "another process"
        raise CannotServeError(
            f"The folder {folder} is in use by {who}: a local warehouse that serves it already. Connect to that "
            "one, or stop it, or give another --folder."
        ) from error


def _certificates(options: argparse.Namespace, folder: Path) -> TlsFiles | None:
    if options.certificate is None:
        return make_certificates(folder, options.name) if options.tls else None
    try:
        return given_certificates(folder, options.certificate, options.key)
    except (OSError, ValueError) as error:
        raise CannotServeError(f"The certificate or its key cannot be used: {error}") from error


def _write_port(path: Path, port: int) -> None:
    """In one piece: who waits for the file never reads half a number."""
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(f"{port}\n", encoding="ascii")
    partial.replace(path)
