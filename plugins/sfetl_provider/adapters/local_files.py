"""The month's files on a local or mounted disk."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from sfetl_provider.core.errors import FilesMissingError
from sfetl_provider.core.plan.delivery import (
    DeliveredFiles,
    Delivery,
    ListedFile,
    judge_delivery,
    read_manifest,
)
from sfetl_provider.core.plan.month_plan import SourceFile
from sfetl_provider.core.plan.names import file_key
from sfetl_provider.core.plan.patterns import matches, nearest_names

_MANIFEST_BYTES = 1024 * 1024


def find_files(base_path: Path, patterns: Sequence[str], explicit: Sequence[str]) -> list[SourceFile]:
    """Give the files whose relative names match a filled pattern, or the explicit ones, sorted by name.

    Explicit names are relative to the base path or absolute; one that is missing makes the list empty, so
    that the sensor goes on waiting for the complete set. Costs one directory listing per folder depth.
    """
    if explicit:
        found = [_source(base_path / name, base_path) for name in explicit]
        return [file for file in found if file is not None] if all(found) else []
    depth = max(pattern.count("/") for pattern in patterns)
    names = [name for name in names_below(base_path, depth) if any(matches(name, p) for p in patterns)]
    candidates = (_source(base_path / name, base_path) for name in sorted(names))
    return [file for file in candidates if file is not None]


def find_delivery(
    base_path: Path, patterns: Sequence[str], explicit: Sequence[str], delivery: Delivery
) -> DeliveredFiles:
    """Give the month's files as `find_files`, held against what the feed asks of a delivery.

    Explicit files are asked nothing: who names them has decided. The files that a manifest lists are the
    month's, whether they match a pattern or not. Costs one listing more with a marker or a manifest, which is
    read each time.
    """
    if explicit or delivery == Delivery():
        return DeliveredFiles(files=tuple(find_files(base_path, patterns, explicit)))
    own = (
        {file.name for file in find_files(base_path, delivery.own_patterns, ())}
        if delivery.own_patterns
        else set()
    )
    found = [file for file in find_files(base_path, patterns, ()) if file.name not in own]
    if delivery.marker and not find_files(base_path, [delivery.marker], ()):
        return DeliveredFiles(files=tuple(found), missing=f"the marker {delivery.marker} is missing")
    if not delivery.manifest:
        return judge_delivery(found, delivery, None)
    try:
        listed = _manifest(base_path, delivery.manifest)
    except (ValueError, OSError) as error:
        return DeliveredFiles(files=tuple(found), missing=f"the manifest {delivery.manifest}: {error}")
    names = {file.name for file in found}
    beside = [_source(base_path / file.name, base_path) for file in listed if file.name not in names]
    return judge_delivery([*found, *(file for file in beside if file)], delivery, listed)


def _manifest(base_path: Path, pattern: str) -> tuple[ListedFile, ...]:
    found = find_files(base_path, [pattern], ())
    if len(found) != 1:
        raise ValueError(f"{len(found)} files match it" if found else "it is missing")
    if found[0].size_bytes > _MANIFEST_BYTES:
        raise ValueError(f"it has {found[0].size_bytes:,} bytes, which no list of files needs")
    return read_manifest(Path(found[0].path).read_text(encoding="utf-8-sig"), found[0].name)


def names_below(base_path: Path, depth: int, prefix: str = "") -> Iterator[str]:
    """Give the relative names of all files down to a folder depth; unreadable folders count as empty."""
    try:
        entries = list(os.scandir(base_path / prefix))
    except OSError:
        return
    for entry in entries:
        name = f"{prefix}{entry.name}"
        if entry.is_dir():
            if depth:
                yield from names_below(base_path, depth - 1, f"{name}/")
        else:
            yield name


def missing_error(
    base_path: Path, looked_for: Sequence[str], month: str, waited_seconds: float, missing: str = ""
) -> FilesMissingError:
    """Make the error of a wait that ended: what is missing, or the names looked for and the nearest names seen."""
    what = "delivery" if missing else "file"
    reason = f"{missing}. Looked in {base_path}." if missing else _looked(base_path, looked_for)
    return FilesMissingError(
        f"No complete {what} came for {month} within {waited_seconds:.0f} s: {reason}",
        safe="Nothing was loaded; the table is as it was.",
        next_step="Deliver the file and clear this task, or trigger the month with base_path or files.",
    )


def none_matches_error(base_path: Path, looked_for: Sequence[str], month: str) -> FilesMissingError:
    """Make the error of a look that found nothing: the names looked for and the nearest names seen."""
    return FilesMissingError(
        f"No file of {month} is there: {_looked(base_path, looked_for)}",
        next_step="Name the files, or the folder in which they lie.",
    )


def _looked(base_path: Path, looked_for: Sequence[str]) -> str:
    depth = max(name.count("/") for name in looked_for)
    near = nearest_names(looked_for, names_below(base_path, depth))
    seen = f"The nearest names there: {', '.join(near)}." if near else "No similar name is there."
    return f"looked for {', '.join(looked_for)} in {base_path}. {seen}"


def _source(path: Path, base_path: Path) -> SourceFile | None:
    try:
        status = path.stat()
    except OSError:
        return None
    relative = str(path.relative_to(base_path)) if path.is_relative_to(base_path) else str(path)
    return SourceFile(
        path=str(path),
        name=relative,
        key=file_key(relative),
        size_bytes=status.st_size,
        modified_ns=status.st_mtime_ns,
    )
