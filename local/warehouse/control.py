"""What tests can ask of the server: to start matching statements late."""

from __future__ import annotations

import threading
from dataclasses import dataclass


@dataclass
class Delay:
    """The next `count` statements that contain the pattern (in any case) start `seconds` later."""

    pattern: str
    seconds: float
    count: int = 1


class Delays:
    """The delays in force; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._delays: list[Delay] = []

    def add(self, delay: Delay) -> None:
        """Put a delay in force."""
        with self._lock:
            self._delays.append(delay)

    def clear(self) -> None:
        """Take all back; those already waiting wait on."""
        with self._lock:
            self._delays.clear()

    def take_seconds(self, statement: str) -> float:
        """How long this statement has to wait; the delay's count goes down by one."""
        upper = statement.upper()
        with self._lock:
            for delay in self._delays:
                if delay.count > 0 and delay.pattern.upper() in upper:
                    delay.count -= 1
                    return delay.seconds
        return 0.0
