"""Which of very many 64-bit hashes come more than once: sorted runs on disk, merged range by range."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
_ITEM_BYTES = 8
_SPACE = 1 << 64


class HashLimits(NamedTuple):
    """How many hashes are held at a time while runs are made, and while they are merged; 8 bytes each."""

    run: int = 4_000_000
    merge: int = 4_000_000


class HashRuns:
    """Takes hashes and tells which came more than once. Memory: about three times the larger limit.

    A full run is sorted and appended to the file, 8 bytes a hash; a value that is in it more often stands there
    twice, so that a hash that comes very often takes no room. Merging reads the same range of values of all runs
    at a time; hashes spread evenly, so equal ranges hold about equally many. Raises OSError when the disk is full.
    """

    def __init__(self, path: Path, limits: HashLimits) -> None:
        self._file = path.open("w+b", buffering=0)
        self._limits = limits
        self._held: list[Hashes] = []
        self._held_count = 0
        self._lengths: list[int] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, hashes: Hashes) -> None:
        """Take some more."""
        while len(hashes):
            room = self._limits.run - self._held_count
            self._held.append(hashes[:room])
            self._held_count += len(self._held[-1])
            hashes = hashes[room:]
            if self._held_count == self._limits.run:
                self._write_run()

    def repeated(self) -> Iterator[Hashes]:
        """Give the hashes that came more than once, each once, in ascending order; then no more may be added."""
        self._write_run()
        ranges = max(1, -(-sum(self._lengths) // self._limits.merge))
        reached = [0] * len(self._lengths)
        for number in range(1, ranges + 1):
            end = _SPACE * number // ranges
            merged = np.sort(np.concatenate([np.empty(0, np.uint64), *self._take(end, reached)]))
            yield np.unique(merged[1:][merged[1:] == merged[:-1]])

    def _write_run(self) -> None:
        if not self._held_count:
            return
        run = np.sort(np.concatenate(self._held))
        self._held, self._held_count = [], 0
        is_third = np.zeros(len(run), np.bool_)
        is_third[2:] = run[2:] == run[:-2]
        run = run[~is_third]
        _write_all(self._file.fileno(), run)
        self._lengths.append(len(run))

    def _take(self, end: int, reached: list[int]) -> Iterator[Hashes]:
        """Read of each run what comes before `end`, from where it was read to."""
        start = 0
        for index, length in enumerate(self._lengths):
            run = np.memmap(self._file, np.uint64, "r", start * _ITEM_BYTES, (length,))
            until = length if end == _SPACE else int(np.searchsorted(run, np.uint64(end)))
            yield np.array(run[reached[index] : until])
            reached[index] = until
            start += length


def _write_all(descriptor: int, run: Hashes) -> None:
    content = memoryview(run.data).cast("B")
    while content:
        content = content[os.write(descriptor, content) :]
