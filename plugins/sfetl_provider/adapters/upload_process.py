"""The Uploader port over processes that can be killed.

The connector's PUT ignores every timeout, so that a proxy which dies in the middle can hang it for ever, and a
thread cannot be ended from outside.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
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
from sfetl_provider.core.stage.retrying import stopped_upload
from sfetl_provider.core.stage.scratch import scratch_error

_CHILD = "sfetl_provider.adapters.upload_child"
_FAREWELL_SECONDS = 5.0


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
            env=child_environment(),
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

    def ask(self, command: object, seconds: float) -> None:
        """Send a command and wait for its end; raises what the process answers, _HangingError, _EndedError."""
        try:
            self._connection.send(command)
            if not self._connection.poll(seconds):
                raise _HangingError
            answer = self._connection.recv()
        except (EOFError, OSError) as error:
            raise _EndedError from error
        if answer is not None:
            raise from_message(answer)

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
    """Implements `core.ports.Uploader`: each upload by a process of its own, one try.

    A process keeps its Snowflake session for the next upload and is replaced after any failure. It ends with
    this one, however that ends: the kernel kills it (Linux), and everywhere it notices that the pipe closed.
    `options` gives what the connector is called with, and is asked before each login, since a token may have
    expired meanwhile; it travels through the pipe only. Close it, or use it as a context manager: processes that
    wait then log out. Memory: at most 80 MB a process, and on Google Cloud
    the file. Once a login was refused no other is tried, so that no account is locked.
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
        child = self._taken(source)
        try:
            self._ask(child, source, (str(source), stage_folder), seconds)
        except BaseException:
            self._forget(child)
            shutil.rmtree(copies_folder(source, child.process_id), ignore_errors=True)
            raise
        with self._lock:
            self._idle.append(child)

    def _taken(self, source: Path) -> _Child:
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
            return self._logged_in(source)

    def _logged_in(self, source: Path) -> _Child:
        child = self._started(source)
        try:
            self._ask(child, source, dict(self._options()), self._patience.floor_seconds)
        except BaseException as error:
            if isinstance(error, SfetlError) and not error.is_retryable:
                self._refusal = error
            self._forget(child)
            raise
        return child

    def _started(self, source: Path) -> _Child:
        with self._lock:
            if self._is_stopped:
                raise stopped_upload(source)
        child = self._starter.submit(_Child).result()
        with self._lock:
            self._children.add(child)
            if self._is_stopped:
                child.kill()
        return child

    def _ask(self, child: _Child, source: Path, command: object, seconds: float) -> None:
        try:
            child.ask(command, seconds)
        except _HangingError:
            raise UploadError(
                f"The upload of {source.name} did not end within {seconds:.0f} s and was killed."
            ) from None
        except _EndedError:
            if self._is_stopped:
                raise stopped_upload(source) from None
            raise UploadError(f"The process that uploaded {source.name} ended unexpectedly.") from None

    def _forget(self, child: _Child) -> None:
        with self._lock:
            self._children.discard(child)
        child.discard()
