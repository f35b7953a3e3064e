"""Staging's ports over processes that can be killed.

The connector's PUT ignores every timeout, so that a proxy which dies in the middle can hang it for ever, and a
thread cannot be ended from outside. The connector is loaded there only: with what it imports it takes 110 MB.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import Pipe
from pathlib import Path
from threading import Lock, RLock
from typing import Any

from sfetl_provider.adapters.child_environment import child_environment
from sfetl_provider.adapters.upload_child import copies_folder
from sfetl_provider.adapters.upload_messages import from_message
from sfetl_provider.core.errors import SfetlError, UploadError
from sfetl_provider.core.ports import Bind, QueryResult, StagedEntry
from sfetl_provider.core.stage.retrying import stopped, upload_of
from sfetl_provider.core.stage.scratch import scratch_error

_CHILD = "sfetl_provider.adapters.upload_child"
_FAREWELL_SECONDS = 5.0
# With more arenas glibc keeps a chunk's memory after it was freed (mallopt(3)); two threads need no more.
_ONE_ARENA = {"MALLOC_ARENA_MAX": "1"}


@dataclass(frozen=True)
class Patience:
    """How long an upload may take before it counts as hanging."""

    floor_seconds: float
    slowest_bytes_per_second: float

    def seconds(self, size_bytes: int) -> float:
        """Give the time for a file of this size."""
        return self.floor_seconds + size_bytes / self.slowest_bytes_per_second


class _HangingError(Exception):
    """A process did not answer in time."""


class _EndedError(Exception):
    """A process is no more."""


@dataclass(frozen=True)
class _Errand:
    """What a process is sent for: `command` as `upload_child.py` takes it, `name` for errors' texts."""

    name: str
    command: object
    seconds: float


class _Child:
    """One upload process, logged in after `ask(options)`.

    Its parent in the kernel's eyes is the thread that makes it: it dies with that.
    """

    def __init__(self) -> None:
        self._connection, theirs = Pipe()
        command = [sys.executable, "-P", "-m", _CHILD, str(theirs.fileno()), str(os.getpid())]
        silence = subprocess.DEVNULL
        # Silent, because the connector's warnings quote presigned addresses.
        self._process = subprocess.Popen(  # noqa: S603
            command,
            env=child_environment() | _ONE_ARENA,
            pass_fds=(theirs.fileno(),),
            stdin=silence,
            stdout=silence,
            stderr=silence,
        )
        theirs.close()

    @property
    def process_id(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Tell whether it can take a command."""
        return self._process.poll() is None

    def ask(self, command: object, seconds: float) -> Any:
        """Send a command and give the answer; raises what the process raised, _HangingError, _EndedError."""
        try:
            self._connection.send(command)
            if not self._connection.poll(seconds):
                raise _HangingError
            answer, fault = self._connection.recv()
        except (EOFError, OSError) as error:
            raise _EndedError from error
        if fault is not None:
            raise from_message(fault)
        return answer

    def kill(self) -> None:
        """End it at once; may be called by any thread, while another one asks."""
        self._process.kill()

    def discard(self, is_idle: bool = False) -> None:
        """End it, by its own logging out when it is idle, and let go of all it holds."""
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            if is_idle:
                self._connection.send(None)
                self._process.wait(_FAREWELL_SECONDS)
        self._process.kill()
        self._process.wait()
        self._connection.close()


class ProcessUploader:
    """Implements `core.ports.Uploader` and `StageSession`: each upload by a process of its own, one try.

    A process keeps its Snowflake session for the next upload and is replaced after any failure; statements are
    run by one that is idle, and have the time that a login has. It ends with
    this one, however that ends: the kernel kills it (Linux), and everywhere it notices that the pipe closed.
    `options` gives what the connector is called with, and is asked before each login, since a token may have
    expired meanwhile; it travels through the pipe only. Close it, or use it as a context manager: processes that
    wait then log out. Memory: at most 65 MB a process, and the file, of which on AWS and Azure no more than
    64 MB are held. Once a login was refused no other is tried, so that no account is locked.
    """

    def __init__(self, options: Callable[[], Mapping[str, Any]], patience: Patience) -> None:
        self._options = options
        self._patience = patience
        # Reentrant: a signal's handler may call stop() in the middle of anything.
        self._lock = RLock()
        self._login = Lock()
        self._is_stopped = False
        self._children: set[_Child] = set()
        self._idle: list[_Child] = []
        self._refusal: SfetlError | None = None
        # Processes die with the thread that starts them, so one thread of ours starts them all.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="upload-starter")

    def __enter__(self) -> ProcessUploader:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Let idle processes log out and end all others."""
        with self._lock:
            self._is_stopped = True
            idle, self._idle = self._idle, []
        for child in idle:
            child.discard(is_idle=True)
        self.stop()
        self._starter.shutdown()

    def stop(self) -> None:
        """Kill all processes; uploads under way raise UploadError."""
        with self._lock:
            self._is_stopped = True
            for child in self._children:
                child.kill()

    def upload(self, source: Path, stage_folder: str) -> None:
        """PUT one file, see the port; what hangs longer than its patience is killed."""
        try:
            seconds = self._patience.seconds(source.stat().st_size)
        except OSError as error:
            raise scratch_error(source.parent, error) from error
        errand = _Errand(upload_of(source), ("upload", str(source), stage_folder), seconds)
        child = self._taken(errand.name)
        try:
            self._ask(child, errand)
        except BaseException:
            shutil.rmtree(copies_folder(source, child.process_id), ignore_errors=True)
            raise

    def query(self, statement: str, binds: Sequence[Bind] = ()) -> QueryResult:
        """Run one statement and wait for it, see the port."""
        result: QueryResult = self._statement(" ".join(statement.split()[:2]), "query", statement, binds)
        return result

    def list_stage(self, stage_folder: str) -> list[StagedEntry]:
        """LIST, see the port."""
        entries: list[StagedEntry] = self._statement("LIST", "list_stage", stage_folder)
        return entries

    def _statement(self, name: str, *command: object) -> Any:
        errand = _Errand(f"The statement {name}", command, self._patience.floor_seconds)
        return self._ask(self._taken(errand.name), errand)

    def _taken(self, for_what: str) -> _Child:
        """Give an idle process, or one that has just logged in."""
        with self._lock:
            while self._idle:
                child = self._idle.pop()
                if child.is_alive:
                    return child
                self._forget(child)
        with self._login:
            if self._refusal is not None:
                raise self._refusal
            return self._logged_in(for_what)

    def _logged_in(self, for_what: str) -> _Child:
        child = self._started(for_what)
        try:
            login = _Errand(f"The login for: {for_what}", dict(self._options()), self._patience.floor_seconds)
            self._wait(child, login)
        except BaseException as error:
            if isinstance(error, SfetlError) and not error.is_retryable:
                self._refusal = error
            self._forget(child)
            raise
        return child

    def _started(self, for_what: str) -> _Child:
        with self._lock:
            if self._is_stopped:
                raise stopped(for_what)
        child = self._starter.submit(_Child).result()
        with self._lock:
            self._children.add(child)
            if self._is_stopped:
                child.kill()
        return child

    def _ask(self, child: _Child, errand: _Errand) -> Any:
        """Give the answer; the process is then idle, or no more."""
        try:
            answer = self._wait(child, errand)
        except BaseException:
            self._forget(child)
            raise
        with self._lock:
            self._idle.append(child)
        return answer

    def _wait(self, child: _Child, errand: _Errand) -> Any:
        try:
            return child.ask(errand.command, errand.seconds)
        except _HangingError:
            raise UploadError(
                f"{errand.name} did not end within {errand.seconds:.0f} s and was killed."
            ) from None
        except _EndedError:
            if self._is_stopped:
                raise stopped(errand.name) from None
            raise UploadError(f"{errand.name}: its process ended unexpectedly.") from None

    def _forget(self, child: _Child) -> None:
        with self._lock:
            self._children.discard(child)
        child.discard()
