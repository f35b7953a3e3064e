"""Samples of a file: its beginning, and blocks at many offsets."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, BinaryIO

import numpy as np

HEAD_BYTES = 1024 * 1024
PACKED_HEAD_BYTES = 4 * 1024 * 1024
BLOCK_BYTES = 64 * 1024
BLOCKS = 256
READ_ALL_BYTES = BLOCKS * BLOCK_BYTES
TIME_LIMIT_SECONDS = 0.4
LEAST_BLOCKS = 16
LAST_LINES = 3
NEWLINE, RETURN = 10, 13


@dataclass(frozen=True)
class Unit:
    """What is counted as a line's end: the width of a character in bytes, its byte order, and its number."""

    width: int = 1
    is_big_endian: bool = False
    newline: int = NEWLINE

    @property
    def dtype(self) -> np.dtype[np.unsignedinteger]:
        """The type of one character."""
        return np.dtype(f"{'>' if self.is_big_endian else '<'}u{self.width}")

    def view(self, block: bytes) -> np.ndarray[tuple[int], np.dtype[np.unsignedinteger]]:
        """Give a block as numbers, without a character that is cut off at its end."""
        return np.frombuffer(block[: len(block) // self.width * self.width], self.dtype)

    def lines(self, block: bytes) -> int:
        """Count the line ends of a block."""
        return int(np.count_nonzero(self.view(block) == self.newline))

    def whole_lines(self, block: bytes, is_start: bool = False) -> bytes:
        """Give the whole lines of a block; the first is cut off unless the block begins a line."""
        ends = np.flatnonzero(self.view(block) == self.newline)
        if not len(ends):
            return b""
        first = 0 if is_start else int(ends[0]) + 1
        return block[first * self.width : (int(ends[-1]) + 1) * self.width]

    def last_lines(self, block: bytes) -> bytes:
        """Give the last few whole lines of a block."""
        ends = np.flatnonzero(self.view(block) == self.newline)[-LAST_LINES - 1 :]
        return block[(int(ends[0]) + 1) * self.width : (int(ends[-1]) + 1) * self.width] if len(ends) else b""


@dataclass(frozen=True)
class Scatter:
    """Blocks of a file: line ends in each, whole lines of each, and how many of the bytes were read."""

    lines: list[int] = field(default_factory=list)
    bytes_read: list[int] = field(default_factory=list)
    pieces: list[bytes] = field(default_factory=list)


def read_head(file: IO[bytes], limit_bytes: int) -> bytes:
    """Read the first bytes of a stream, which may give less than asked for at a time."""
    parts: list[bytes] = []
    left = limit_bytes
    while left and (part := file.read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def scatter(file: BinaryIO, size_bytes: int, unit: Unit, monotonic: Callable[[], float]) -> Scatter:
    """Read one block at a random place of each of 256 equal parts of a file, in random order.

    The places are the same at each call. A slow disk ends it after 0.4 s, but not before 16 blocks: those read
    are then still spread evenly. 16 MiB of memory at most.
    """
    found, started = Scatter(), monotonic()
    chance = random.Random(size_bytes)  # noqa: S311 - places of samples, no secret
    part_bytes = size_bytes / BLOCKS
    places = [
        int(part_bytes * number + chance.random() * (part_bytes - BLOCK_BYTES)) for number in range(BLOCKS)
    ]
    chance.shuffle(places)
    for place in places:
        if len(found.lines) >= LEAST_BLOCKS and monotonic() - started > TIME_LIMIT_SECONDS:
            break
        file.seek(place // unit.width * unit.width)
        block = file.read(BLOCK_BYTES)
        found.lines.append(unit.lines(block))
        found.bytes_read.append(len(block))
        found.pieces.append(unit.whole_lines(block))
    return found
