"""The folder in which chunk files wait for their upload."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sfetl_provider.core.errors import ScratchSpaceError


@contextmanager
def chunk_folder(parent: Path) -> Iterator[Path]:
    """Make an empty folder for chunks below a file's scratch folder and remove it afterwards.

    What a killed run left in it is removed first. Raises ScratchSpaceError when it cannot be made.
    """
    folder = parent / "chunks"
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise scratch_error(folder, error) from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def scratch_error(folder: Path, error: OSError) -> ScratchSpaceError:
    """Say that a scratch folder cannot be used, and the remedy: room or permission."""
    is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    remedy = (
        "Make room there, or lower stage.workers or stage.chunk_mib."
        if is_full
        else "Let the worker write to it."
    )
    return ScratchSpaceError(
        f"The scratch folder {folder} cannot take a chunk: {error.strerror or error}.",
        safe="The source file is as it was.",
        next_step=remedy,
    )
