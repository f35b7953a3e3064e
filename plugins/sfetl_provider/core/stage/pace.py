"""How long chunks take to make and to upload, and what the machine's cores have left beside that."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from statistics import fmean
from time import perf_counter, thread_time

import psutil

from sfetl_provider.core.stage.compress import ChunkFile
from sfetl_provider.core.stage.level import COST, LADDER

_REMEMBERED = 4
# Of the idle time: what becomes smaller also arrives faster, which takes cores too.
_USABLE = 0.8


def idle_core_seconds() -> float:
    """Give the seconds that all cores of the machine together were idle since it started, disk waits included.

    In a container that is those of its host: a limit on the container's cores is not seen.
    """
    times = psutil.cpu_times()
    return float(times.idle + getattr(times, "iowait", 0.0))


@dataclass(frozen=True)
class Meters:
    """What time is read from: the clock, the work of the thread that asks, and the idle time of all cores."""

    clock: Callable[[], float] = perf_counter
    work: Callable[[], float] = thread_time
    idle: Callable[[], float] = idle_core_seconds


THIS_MACHINE = Meters()


@dataclass(frozen=True)
class Effort:
    """What making a chunk took: seconds that passed, and seconds of a core."""

    seconds: float
    core_seconds: float


@dataclass(frozen=True)
class _Made:
    """A chunk of the last four, per byte of its text."""

    level: int
    seconds: float
    core_seconds: float


class Pace:
    """Remembers the last four chunks on each side, in seconds a byte of text, and what levels did."""

    def __init__(self, workers: int, upload_workers: int) -> None:
        self._workers = workers
        self._upload_workers = upload_workers
        self._made: deque[_Made] = deque(maxlen=_REMEMBERED)
        self._uploaded: deque[float] = deque(maxlen=_REMEMBERED)
        self._idle: deque[tuple[float, float]] = deque(maxlen=_REMEMBERED + 1)
        self._ratios: dict[int, float] = {}
        self._least: dict[int, float] = {}

    @property
    def has_uploaded(self) -> bool:
        """Tell whether any chunk has arrived."""
        return bool(self._uploaded)

    @property
    def ratios(self) -> Mapping[int, float]:
        """Give how many times smaller than its text the last chunk of each level became."""
        return dict(self._ratios)

    @property
    def costs(self) -> Mapping[int, float]:
        """Give how many times longer than the fastest chunk of level 1 the fastest of each level took."""
        light = self._least.get(LADDER[0])
        return {level: least / light for level, least in self._least.items()} if light else {}

    @property
    def headroom(self) -> float:
        """Give how many times longer than at level 1 compression could take and still keep up with uploads.

        By the slowest of the chunks made and the fastest of those uploaded, so that neither an easy chunk nor
        an upload that had to log in first makes it too great. 0 until both are known.
        """
        if not self._made or not self._uploaded:
            return 0.0
        costs = self.costs
        light = max(made.seconds / _cost(costs, made.level) for made in self._made)
        make, upload = light / self._workers, min(self._uploaded) / self._upload_workers
        return upload / max(make, 1e-12)

    @property
    def affordable(self) -> float:
        """Give how many times the work of level 1 compression may be, if it takes only cores that are idle now.

        That is what it is now and, at the rate at which text arrives, four fifths of what the cores were idle
        during the last four decisions. Unbounded until that is known.
        """
        if len(self._idle) < 2 or not self._made or not self._uploaded:
            return inf
        costs, (began, idle_then), (now, idle_now) = self.costs, self._idle[0], self._idle[-1]
        idle_cores = (idle_now - idle_then) / max(now - began, 1e-12)
        light = fmean(made.core_seconds / _cost(costs, made.level) for made in self._made)
        bytes_a_second = self._upload_workers / max(fmean(self._uploaded), 1e-12)
        is_now = fmean(_cost(costs, made.level) for made in self._made)
        return is_now + _USABLE * idle_cores / max(bytes_a_second * light, 1e-12)

    def add_made(self, chunk: ChunkFile, effort: Effort) -> None:
        """Remember how long a chunk was made, and how small it became."""
        level, size_bytes = chunk.zstd_level, chunk.chunk.size_bytes
        made = _Made(level, effort.seconds / size_bytes, effort.core_seconds / size_bytes)
        self._made.append(made)
        self._least[level] = min(made.seconds, self._least.get(level, made.seconds))
        self._ratios[level] = size_bytes / chunk.compressed_bytes

    def add_upload(self, chunk: ChunkFile, seconds: float) -> None:
        """Remember how long an upload took, its tries and pauses included."""
        self._uploaded.append(seconds / chunk.chunk.size_bytes)

    def add_idle(self, now: float, core_seconds: float) -> None:
        """Remember how long the machine's cores were idle up to now."""
        self._idle.append((now, core_seconds))


def _cost(costs: Mapping[int, float], level: int) -> float:
    known = max((known for known in LADDER if known <= level), default=LADDER[0])
    return costs.get(level, COST[known])
