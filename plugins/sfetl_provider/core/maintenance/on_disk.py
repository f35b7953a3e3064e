"""What runs left in the scratch folder of a worker."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sfetl_provider.core.maintenance.leftover import Leftover

_MONTH = re.compile(r"\d{4}-\d\d")
_RUN_KEY = re.compile(r"[0-9a-f]{12}")


def find_on_disk(scratch: Path) -> tuple[Leftover, ...]:
    """Find the scratch folders of runs, `<feed>/<month>/<run key>`; other names are left alone."""
    return tuple(_leftover(folder) for folder in _run_folders(scratch))


def remove_from_disk(scratch: Path, leftover: Leftover) -> None:
    """Delete a scratch folder, and its parents where they are empty then; one that is gone is no error.

    Raises ValueError for a place that is no run's folder below `scratch`, OSError when it cannot be deleted.
    """
    folder = Path(leftover.place)
    if folder not in set(_run_folders(scratch)) and folder.exists():
        raise ValueError(f"{folder} is no run's folder below {scratch}")
    if folder.exists():
        shutil.rmtree(folder)
    for parent in (folder.parent, folder.parent.parent):
        if parent.exists() and not any(parent.iterdir()):
            parent.rmdir()


def _run_folders(scratch: Path) -> Iterator[Path]:
    for folder in sorted(scratch.glob("*/*/*")):
        is_ours = _MONTH.fullmatch(folder.parent.name) and _RUN_KEY.fullmatch(folder.name)
        if is_ours and folder.is_dir() and not folder.is_symlink():
            yield folder


def _leftover(folder: Path) -> Leftover:
    found = [path.lstat() for path in (folder, *folder.rglob("*"))]
    return Leftover(
        kind="scratch",
        place=str(folder),
        database="",
        feed=folder.parent.parent.name,
        month=folder.parent.name,
        run_key=folder.name,
        size_bytes=sum(stat.st_size for stat in found[1:]),
        newest=datetime.fromtimestamp(max(stat.st_mtime for stat in found), UTC),
    )
