"""A named pipe through which another reader, in this process, gets bytes under a path."""

from __future__ import annotations

import fcntl
import os
import select
import termios
from pathlib import Path
from threading import Event

WAIT_SECONDS = 0.05
DRAIN_SECONDS = 0.002
_PIPE_BYTES = 1024 * 1024
_COUNT_BYTES = 4


class NamedPipe:
    """One pass of bytes from one thread to a reader that opens the path, at any time, once.

    The end of the bytes comes to the reader as the end of a file. `close` may be called by any thread; then
    writing ends at once, a reader that has opened the path meets the end, and one that has not finds no file: so
    neither side waits for the other for ever. Leaves nothing behind after `finish`, which the writer must call.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._closed = Event()
        self._is_empty = True
        os.mkfifo(path, 0o600)
        # Open for both: so the reader's open need not wait, and what is written before it comes is kept.
        self._descriptor = os.open(path, os.O_RDWR | os.O_NONBLOCK)
        self._poll = select.poll()
        self._poll.register(self._descriptor, select.POLLOUT)
        _widen(self._descriptor)

    def write(self, block: bytes) -> None:
        """Hand on a block; waits for the reader, and drops it once closed."""
        self._is_empty = self._is_empty and not block
        left = memoryview(block)
        while left and not self._closed.is_set():
            if self._poll.poll(WAIT_SECONDS * 1000):
                left = left[self._write_some(left) :]

    def finish(self) -> None:
        """Wait until the reader took all or `close` was called; then it meets the end.

        When nothing was written, the reader gets an empty line: only bytes that are gone tell that it has come.
        """
        if self._is_empty:
            self.write(b"\n")
        while self._holds_bytes() and not self._closed.wait(DRAIN_SECONDS):
            pass
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)

    def close(self) -> None:
        """Want no more of it."""
        # First, so that a reader which comes from now on need not wait for a writer that never comes.
        self._path.unlink(missing_ok=True)
        self._closed.set()

    def _write_some(self, block: memoryview) -> int:
        try:
            return os.write(self._descriptor, block)
        except BlockingIOError:
            return 0

    def _holds_bytes(self) -> bool:
        count = fcntl.ioctl(self._descriptor, termios.FIONREAD, bytes(_COUNT_BYTES))
        return any(count)


def _widen(descriptor: int) -> None:
    # Linux only; fewer switches between the threads.
    command = getattr(fcntl, "F_SETPIPE_SZ", None)
    if command is not None:
        try:
            fcntl.fcntl(descriptor, command, _PIPE_BYTES)
        except OSError:
            pass  # this user's pipes take too much memory already: it stays as it is, and slower
