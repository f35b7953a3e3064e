"""Peak memory of everything that a stack runs."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil


@dataclass
class PeakMemory:
    """The highest sum seen so far, in bytes; shared pages count once (PSS) where the system tells, on Linux."""

    highest_bytes: int = 0

    def sample(self, processes: list[psutil.Process]) -> None:
        """Add up what the processes hold now; those that end meanwhile count as nothing."""
        self.highest_bytes = max(self.highest_bytes, sum(map(_memory_bytes, processes)))


@contextmanager
def peak_memory(tree: Callable[[], list[psutil.Process]], period_seconds: float = 2) -> Iterator[PeakMemory]:
    """Sample the tree from a thread until the block ends; about 20 ms of one core each time."""
    peak, ended = PeakMemory(), threading.Event()

    def watch() -> None:
        while not ended.wait(period_seconds):
            peak.sample(tree())

    thread = threading.Thread(target=watch, name="peak-memory", daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        ended.set()
        thread.join()


def _memory_bytes(process: psutil.Process) -> int:
    try:
        info = process.memory_full_info()
    except psutil.Error:
        return 0
    return int(getattr(info, "pss", info.rss))
