"""Every so many records of a file, put aside while its bytes are read."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sfetl_provider.core.qc.record_block import Block, Mask
from sfetl_provider.core.text_encoding import to_utf8

SAMPLE_BYTES = 16 * 1024 * 1024


class RecordSample:
    """A systematic sample in a file of its own: of the good records of a file the first and then every `step`th.

    `step` is chosen so that the sample has about 16 MiB; a file of up to 16 MiB is taken whole. The number is odd,
    so that files which repeat a pattern of 2, 4, 10 … records are sampled evenly. Where many long records
    meet the step, the sample ends at 64 MiB. It is in UTF-8. Close it before it is read.
    """

    def __init__(self, path: Path, size_bytes: int) -> None:
        self.path = path
        self.step = -(-size_bytes // SAMPLE_BYTES) | 1
        self._until_next = 0
        self._room_bytes = 4 * SAMPLE_BYTES
        self._file = path.open("wb")

    def add(self, block: Block, bad: Mask) -> None:
        """Take this block's records of the sample."""
        good = np.flatnonzero(~(bad | block.is_empty))
        chosen = good[self._until_next :: self.step]
        self._until_next = (self._until_next - len(good)) % self.step
        for index in chosen:
            if self._room_bytes > 0:
                self._room_bytes -= self._file.write(to_utf8(block.record(int(index)), block.shape.encoding))

    def close(self) -> None:
        """End the file."""
        self._file.close()
