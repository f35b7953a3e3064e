"""The process that uploads: `python -m sfetl_provider.adapters.upload_child DESCRIPTOR PARENT`.

It is started by `upload_process.py` and talks to it over one pipe: first it gets the connector's options, then
commands, each a method of the session and its arguments; None ends it. Each is answered by what it gave and by
an error's parts, one of them None; after an error it ends.
"""

from __future__ import annotations

import ctypes
import logging
import os
import re
import signal
import sys
import tempfile
import threading
from collections.abc import Iterable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from sfetl_provider.adapters.upload_messages import to_message

if TYPE_CHECKING:
    from sfetl_provider.adapters.snowflake_session import SnowflakeSession

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_FOR_RESULTS = ("pandas", "pyarrow", "numpy")
_FOR_AMAZON = ("boto3", "botocore")
_REFUSED = re.compile(r"Tunnel connection failed: 4\d\d")


def main() -> None:
    """Serve one task until it or its pipe ends."""
    descriptor, parent = (int(argument) for argument in sys.argv[1:])
    _die_with(parent)
    connection: Connection[Any, Any] = Connection(descriptor)
    commands: SimpleQueue[Any] = SimpleQueue()
    threading.Thread(target=_read, args=(connection, commands), daemon=True).start()
    try:
        _serve(connection, commands)
    except Exception as error:  # noqa: BLE001  # what happens here must be known there
        connection.send((None, to_message(error)))


def _die_with(parent: int) -> None:
    """Let the kernel end this process with its parent, and nobody else of this user read its memory."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is for the parent, which ends this one
    if sys.platform == "linux":
        library = ctypes.CDLL(None)
        library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        library.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _read(connection: Connection[Any, Any], commands: SimpleQueue[Any]) -> None:
    """Hand commands on; when the pipe closes, end the process even in the middle of an upload."""
    try:
        while True:
            commands.put(connection.recv())
    except (EOFError, OSError):
        os._exit(1)


def _serve(connection: Connection[Any, Any], commands: SimpleQueue[Any]) -> None:
    options = commands.get()
    _leave_out(_unneeded_modules(options))
    # Imported late: the connector takes a second, in which the parent may already have ended.
    from sfetl_provider.adapters.snowflake_session import SnowflakeSession, open_connection

    logging.getLogger("snowflake.connector.storage_client").addHandler(RefusedTunnels())
    session = SnowflakeSession(open_connection(options))
    connection.send((None, None))
    while command := commands.get():
        connection.send((_answer(session, *command), None))
    # Not after a failure: logging out could hang, too.
    session.close()


def _answer(session: SnowflakeSession, method: str, *arguments: Any) -> object:
    match method:
        case "upload":
            source, stage_folder = Path(arguments[0]), arguments[1]
            tempfile.tempdir = str(make_copies_folder(source, os.getpid()))
            session.upload(source, stage_folder)
            return None
        case "list_stage":
            return session.list_stage(*arguments)
        case "query":
            return session.query(*arguments)
        case _:
            raise ValueError(method)


def _unneeded_modules(options: Mapping[str, Any]) -> tuple[str, ...]:
    """Name what the connector loads when it is there, and a PUT does without: two thirds of its memory.

    Data frames and Arrow are for results, which come as JSON without them. Amazon's library is for a login by
    workload identity there; uploads to S3 are the connector's own.
    """
    is_workload = str(options.get("authenticator", "")).upper() == "WORKLOAD_IDENTITY"
    return _FOR_RESULTS if is_workload else (*_FOR_RESULTS, *_FOR_AMAZON)


def _leave_out(modules: Iterable[str]) -> None:
    for name in modules:
        sys.modules[name] = None  # type: ignore[assignment]


def make_copies_folder(source: Path, process: int) -> Path:
    """Make the folder for what the connector writes while it uploads a file, as an encrypted copy."""
    folder = copies_folder(source, process)
    folder.mkdir(exist_ok=True)
    return folder


def copies_folder(source: Path, process: int) -> Path:
    """Name that folder: beside the file, so that it goes with it, whoever is killed."""
    return source.parent / f"put-{process}"


class RefusedTunnels(logging.Handler):
    """Ends an upload whose tunnel a proxy refused.

    The connector takes a refused CONNECT for a fault that passes, tries five times, which may lock an account,
    and then forgets the answer. Only its log holds it, so the exception comes from there, in its thread.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Raise when the record tells of a refusal."""
        if found := _REFUSED.search(record.getMessage()):
            raise OSError(found[0])


if __name__ == "__main__":
    main()
