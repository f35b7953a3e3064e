"""What runs left on disk: scratch folders, reports and lists of bad lines, each found and removed by its name."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sfetl_provider.core.maintenance.leftover import Kind, Leftover

_FEED = re.compile(r"[a-z][a-z0-9_]*")
_MONTH = re.compile(r"\d{4}-\d\d")
_REPORT_FOLDER = re.compile(rf"{_MONTH.pattern}|unknown|validations")
_RUN_KEY = re.compile(r"[0-9a-f]{12}")
_REPORT = re.compile(r"([0-9a-f]{12})\.json")
_OF_SEVERAL = ("batches", "validations")
_REJECTS = re.compile(r"([0-9a-f]{12})-rejects")


def find_on_disk(scratch: Path) -> tuple[Leftover, ...]:
    """Find the scratch folders of runs, `<feed>/<month>/<run key>`; other names are left alone."""
    return tuple(
        _of_month("scratch", folder, folder.name)
        for folder in sorted(scratch.glob("*/*/*"))
        if _is_ours(folder, _MONTH) and _RUN_KEY.fullmatch(folder.name) and folder.is_dir()
    )


def find_reports(reports: Path) -> tuple[Leftover, ...]:
    """Find the runs' reports with what lies beside them under the same name, and their lists of bad lines.

    Also reports of batches and of validations of several tables, which belong to no feed or month. Data Docs and
    other names are left alone.
    """
    return tuple(_reports(reports))


def remove_from_disk(root: Path, leftover: Leftover) -> None:
    """Delete what a leftover stands for, and folders that are empty then; what is gone is no error.

    `root` is the scratch or the reports' folder. Raises ValueError for a place that is no run's below it, OSError
    when it cannot be deleted.
    """
    place = Path(leftover.place)
    found = find_on_disk(root) if leftover.kind == "scratch" else find_reports(root)
    if place.exists() and leftover.place not in {own.place for own in found if own.kind == leftover.kind}:
        raise ValueError(f"{place} is no run's folder or report below {root}")
    for path in _paths(leftover.kind, place):
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for parent in (place.parent, place.parent.parent):
        if parent.exists() and not any(parent.iterdir()):
            parent.rmdir()


def _reports(root: Path) -> Iterator[Leftover]:
    for path in sorted(root.glob("*/*/*")):
        if not _is_ours(path, _REPORT_FOLDER):
            continue
        if (found := _REJECTS.fullmatch(path.name)) and path.is_dir():
            yield _of_month("rejects", path, found[1])
        elif (found := _REPORT.fullmatch(path.name)) and path.is_file():
            yield _of_month("report", path, found[1])
    for path in sorted(root.glob("*/*.json")):
        if (
            path.parent.name in _OF_SEVERAL
            and (found := _REPORT.fullmatch(path.name))
            and not path.is_symlink()
        ):
            yield _leftover("report", path, found[1])


def _is_ours(path: Path, folders: re.Pattern[str]) -> bool:
    is_named = _FEED.fullmatch(path.parent.parent.name) and folders.fullmatch(path.parent.name)
    return is_named is not None and not path.is_symlink()


def _paths(kind: Kind, place: Path) -> list[Path]:
    """A report is every file of its name: JSON, pages and tables."""
    if kind == "report":
        return [path for path in sorted(place.parent.glob(f"{place.stem}.*")) if path.is_file()]
    return [place] if place.exists() else []


def _of_month(kind: Kind, place: Path, run_key: str) -> Leftover:
    names = {"feed": place.parent.parent.name, "month": place.parent.name}
    return _leftover(kind, place, run_key).model_copy(update=names)


def _leftover(kind: Kind, place: Path, run_key: str) -> Leftover:
    of_place = _paths(kind, place)
    found = [path.lstat() for own in of_place for path in (own, *own.rglob("*"))]
    return Leftover(
        kind=kind,
        place=str(place),
        database="",
        feed="",
        month="",
        run_key=run_key,
        size_bytes=sum(stat.st_size for stat in found),
        newest=datetime.fromtimestamp(max(stat.st_mtime for stat in found), UTC),
    )
