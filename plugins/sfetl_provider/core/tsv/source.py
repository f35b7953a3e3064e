"""Opening a source file, with errors that say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sfetl_provider.core.errors import SourceFileError


class SourceChangedError(SourceFileError):
    """A source file is not the same at the end as at the beginning: nothing made of it can be kept."""


@contextmanager
def open_source(path: Path) -> Iterator[BinaryIO]:
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


def changed_while_read(path: Path | str, stage: str, safe: str) -> SourceChangedError:
    """Make the error for a file that was written to meanwhile."""
    return SourceChangedError(
        f"{path} changed while it was read.",
        safe=safe,
        next_step="Wait until its sender has finished writing, then clear this task: it starts afresh.",
        stage=stage,
    )
