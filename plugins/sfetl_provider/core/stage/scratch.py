"""The folder in which chunk files wait for their upload."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sfetl_provider.core.errors import ScratchSpaceError

_MAKE_ROOM = "Make room there, or lower stage.workers or stage.chunk_mib."
_REMEDIES = {
    errno.ENOSPC: _MAKE_ROOM,
    errno.EDQUOT: _MAKE_ROOM,
    errno.EFBIG: "Raise the worker's limit of file sizes (ulimit -f), or lower stage.chunk_mib.",
}


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
    """Say that a scratch folder cannot be used, and the remedy: room, a higher limit, or permission."""
    return ScratchSpaceError(
        f"The scratch folder {folder} cannot take a chunk: {error.strerror or error}.",
        safe="The source file is as it was.",
        next_step=_REMEDIES.get(error.errno or 0, "Let the worker write to it."),
    )
