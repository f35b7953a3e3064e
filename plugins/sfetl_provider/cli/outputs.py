"""Files that a command writes its results to."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from sfetl_provider.core.plan.month_plan import SourceFile

STDOUT = "-"


def check_outputs(paths: Sequence[Path], files: Sequence[SourceFile]) -> None:
    """Refuse an output before the files are read, which takes long: raises OSError with the path."""
    sources = {Path(file.path).resolve() for file in files}
    for path in paths:
        if path.resolve() in sources:
            raise OSError(None, "this is one of the files to check; it would be overwritten", str(path))
        if path.is_dir():
            raise IsADirectoryError(None, "this is a folder, not a file to write to", str(path))
        if not os.access(path.parent, os.W_OK):
            raise FileNotFoundError(None, "its folder does not exist or cannot be written to", str(path))


def write_output(path: str | None, content: Callable[[], str]) -> None:
    """Write a text if a path was given, and say so on stderr."""
    if path:
        Path(path).write_text(content(), encoding="utf-8")
        tell_written(path)


def tell_written(path: Path | str) -> None:
    """Say on stderr that a file was written; stdout is for results."""
    print(f"Written: {path}", file=sys.stderr)
