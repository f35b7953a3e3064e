"""The warehouse's time, which tests can move forward: retention and lost sessions last hours or days."""

from __future__ import annotations

import datetime
import threading


class Clock:
    """The system's time plus what it was advanced by; never goes back; thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._ahead = datetime.timedelta()

    def now(self) -> datetime.datetime:
        """The time, in UTC."""
        return datetime.datetime.now(datetime.UTC) + self._ahead

    def advance(self, seconds: float) -> None:
        """Move forward; raises ValueError for a step back."""
        if seconds < 0:
            raise ValueError(f"the clock goes forward only, not by {seconds} s")
        with self._changed:
            self._ahead += datetime.timedelta(seconds=seconds)
            self._changed.notify_all()

    def wait_for_change(self, timeout_seconds: float) -> None:
        """Wait until somebody moves the clock, or until the timeout in real seconds is over."""
        with self._changed:
            self._changed.wait(timeout_seconds)
