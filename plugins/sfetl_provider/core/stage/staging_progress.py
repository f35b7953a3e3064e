"""How far staging one file has come: compression and upload, both in bytes of the source file."""

from __future__ import annotations

from threading import Lock

from sfetl_provider.core.events import Listener, Progress


class StagingProgress:
    """Counts what threads compressed and what was uploaded, and tells the listener what changed.

    `done_before` bytes need neither: the header, and what an earlier try staged. `making` names the first step.
    """

    def __init__(
        self, subject: str, total: int, done_before: int, listener: Listener, making: str = "compress"
    ) -> None:
        self._subject = subject
        self._total = total
        self._listener = listener
        self._lock = Lock()
        self._making = making
        self._done = {making: done_before, "upload": done_before}
        self._told: dict[str, int] = {}

    def skip(self, size_bytes: int) -> None:
        """Count what an earlier try staged and a compressed file had to be read past."""
        self.add_compressed(size_bytes)
        self.add_uploaded(size_bytes)

    def finish(self) -> None:
        """Count what is left over: of a compressed file the end that holds no text."""
        with self._lock:
            self._done = dict.fromkeys(self._done, self._total)

    def add_compressed(self, size_bytes: int) -> None:
        """Count a block; called by the compressing threads."""
        with self._lock:
            self._done[self._making] += size_bytes

    def add_uploaded(self, size_bytes: int) -> None:
        """Count a chunk."""
        with self._lock:
            self._done["upload"] += size_bytes

    def report(self) -> None:
        """Tell the listener, in the calling thread, of each step that advanced since the last time."""
        with self._lock:
            done = dict(self._done)
        for step, size_bytes in done.items():
            if self._told.get(step) != size_bytes:
                self._told[step] = size_bytes
                self._listener(Progress(step, self._subject, size_bytes, self._total, "bytes"))
