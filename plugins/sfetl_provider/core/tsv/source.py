"""Opening a source file, with errors that say what to do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from sfetl_provider.core.errors import SourceFileError

Block = bytes | memoryview
"""A piece of a text. Take it for changed as soon as the next one is asked for: its memory may be used again."""


class SourceChangedError(SourceFileError):
    """A source file is not the same at the end as at the beginning: nothing made of it can be kept."""


@contextmanager
def open_source(path: Path) -> Iterator[BufferedReader]:
    """Open a source file for reading.

    Every OSError within the block becomes a SourceFileError, so do nothing but reading in it.
    """
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise SourceFileError(
            f"{path} cannot be read: {error.strerror or error}.",
            safe="The file was not changed.",
            next_step="Make sure that it exists and that this user may read it, then try again: clear this task.",
        ) from error


def read_blocks(file: BufferedReader, block_bytes: int, size_bytes: int = sys.maxsize) -> Iterator[Block]:
    """Give what follows in a file, at most so many bytes, in blocks that share one memory.

    New memory for each costs as much as a fifth of compressing it.
    """
    memory = memoryview(bytearray(min(block_bytes, size_bytes)))
    left = size_bytes
    while left and (size := file.readinto(memory[: min(block_bytes, left)])):
        left -= size
        yield memory[:size]


def changed_while_read(path: Path | str, stage: str, safe: str) -> SourceChangedError:
    """Make the error for a file that was written to meanwhile."""
    return SourceChangedError(
        f"{path} changed while it was read.",
        safe=safe,
        next_step="Wait until its sender has finished writing, then clear this task: it starts afresh.",
        stage=stage,
    )
