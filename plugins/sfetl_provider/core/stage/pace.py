"""How long chunks take to make and to upload."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from sfetl_provider.core.stage.compress import ChunkFile
from sfetl_provider.core.stage.level import COST, LADDER

_REMEMBERED = 4


class Pace:
    """Remembers the last four chunks on each side, in seconds a byte of text, and what levels did."""

    def __init__(self, workers: int, upload_workers: int) -> None:
        self._workers = workers
        self._upload_workers = upload_workers
        self._made: deque[tuple[int, float]] = deque(maxlen=_REMEMBERED)
        self._uploaded: deque[float] = deque(maxlen=_REMEMBERED)
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
        light = max(seconds / costs.get(level, _known_cost(level)) for level, seconds in self._made)
        make, upload = light / self._workers, min(self._uploaded) / self._upload_workers
        return upload / max(make, 1e-12)

    def add_made(self, chunk: ChunkFile, seconds: float) -> None:
        """Remember how long a chunk was made, and how small it became."""
        level, a_byte = chunk.zstd_level, seconds / chunk.chunk.size_bytes
        self._made.append((level, a_byte))
        self._least[level] = min(a_byte, self._least.get(level, a_byte))
        self._ratios[level] = chunk.chunk.size_bytes / chunk.compressed_bytes

    def add_upload(self, chunk: ChunkFile, seconds: float) -> None:
        """Remember how long an upload took, its tries and pauses included."""
        self._uploaded.append(seconds / chunk.chunk.size_bytes)


def _known_cost(level: int) -> float:
    return COST[max((known for known in LADDER if known <= level), default=LADDER[0])]
