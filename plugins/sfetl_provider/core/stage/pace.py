"""How long chunks take to make and to upload."""

from __future__ import annotations

from collections import deque

from sfetl_provider.core.stage.compress import ChunkFile
from sfetl_provider.core.stage.level import COST, LADDER

_REMEMBERED = 4


class Pace:
    """Remembers the last four chunks on each side, in seconds a byte of text."""

    def __init__(self, workers: int, upload_workers: int) -> None:
        self._workers = workers
        self._upload_workers = upload_workers
        self._made: deque[float] = deque(maxlen=_REMEMBERED)
        self._uploaded: deque[float] = deque(maxlen=_REMEMBERED)

    @property
    def has_uploaded(self) -> bool:
        """Tell whether any chunk has arrived."""
        return bool(self._uploaded)

    @property
    def headroom(self) -> float:
        """Give how many times longer than at level 1 compression could take and still keep up with uploads.

        By the slowest of the chunks made and the fastest of those uploaded, so that neither an easy chunk nor
        an upload that had to log in first makes it too great. 0 until both are known.
        """
        if not self._made or not self._uploaded:
            return 0.0
        make, upload = max(self._made) / self._workers, min(self._uploaded) / self._upload_workers
        return upload / max(make, 1e-12)

    def add_made(self, chunk: ChunkFile, seconds: float) -> None:
        """Remember how long a chunk was made, as if at level 1."""
        cost = COST[max((level for level in LADDER if level <= chunk.zstd_level), default=LADDER[0])]
        self._made.append(seconds / cost / chunk.chunk.size_bytes)

    def add_upload(self, chunk: ChunkFile, seconds: float) -> None:
        """Remember how long an upload took, its tries and pauses included."""
        self._uploaded.append(seconds / chunk.chunk.size_bytes)
