"""What makes a month's delivery complete, beside files that rest: a count, a marker, a manifest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from sfetl_provider.core.config.file_model import FilesConfig
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.month_plan import SourceFile
from sfetl_provider.core.plan.patterns import fill_pattern
from sfetl_provider.core.record import Record

_SHOWN_NAMES = 20
_HASH = re.compile(r"[0-9a-fA-F]{64}")
_SHA256SUM = re.compile(r"(?P<sha256>[0-9a-fA-F]{64}) [ *](?P<name>.+)")


class Delivery(Record):
    """What to wait for in one month; patterns are filled, and empty when nothing is asked."""

    expected: int | None = None
    marker: str = ""
    manifest: str = ""

    @property
    def own_patterns(self) -> tuple[str, ...]:
        """Patterns of files that say something about the delivery and hold no rows."""
        return tuple(pattern for pattern in (self.marker, self.manifest) if pattern)


class ListedFile(Record):
    """A file as a manifest lists it: its name is relative to the base path; size and hash may be missing."""

    name: str
    size_bytes: int | None = None
    sha256: str = ""


class DeliveredFiles(Record):
    """The files of a month as they were found, and what is wrong with that.

    `missing` says what the delivery still lacks, `surplus` what no waiting will mend; '' for nothing.
    """

    files: tuple[SourceFile, ...] = ()
    missing: str = ""
    surplus: str = ""

    @property
    def is_complete(self) -> bool:
        """Tell whether there are files and none is missing."""
        return bool(self.files) and not self.missing


def delivery_of(files: FilesConfig, month: Month) -> Delivery:
    """Give what a feed's config asks of a month's delivery."""
    return Delivery(
        expected=files.expected,
        marker=fill_pattern(files.marker, month) if files.marker else "",
        manifest=fill_pattern(files.manifest, month) if files.manifest else "",
    )


def read_manifest(text: str, manifest: str) -> tuple[ListedFile, ...]:
    """Read a manifest's lines; names in it are relative to its own folder, empty lines and comments (#) are
    passed.

    Raises ValueError for a line that is none, a name listed twice, one outside the folder, and for no name at all.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1)]
    listed = [_listed(line, number) for number, line in lines if line.strip() and not line.startswith("#")]
    names = [file.name for file in listed]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"it lists {', '.join(doubled)} twice")
    if not names:
        raise ValueError("it lists no file")
    folder = PurePosixPath(manifest).parent
    return tuple(file.model_copy(update={"name": str(folder / file.name)}) for file in listed)


def _listed(line: str, number: int) -> ListedFile:
    if found := _SHA256SUM.fullmatch(line.rstrip()):
        listed = ListedFile(name=found["name"], sha256=found["sha256"].lower())
    else:
        name, *rest = (part.strip() for part in line.split("\t"))
        size_bytes, sha256, *more = [*rest, "", ""][: max(2, len(rest))]
        if more or (size_bytes and not size_bytes.isdecimal()) or (sha256 and not _HASH.fullmatch(sha256)):
            raise ValueError(f"its line {number} is not name, size in bytes and SHA-256, separated by tabs")
        listed = ListedFile(
            name=name, size_bytes=int(size_bytes) if size_bytes else None, sha256=sha256.lower()
        )
    path = PurePosixPath(listed.name)
    if not listed.name or path.is_absolute() or ".." in path.parts:
        raise ValueError(f"its line {number} names no file below its folder")
    return listed.model_copy(update={"name": str(path)})


def judge_delivery(
    found: Sequence[SourceFile], delivery: Delivery, listed: Sequence[ListedFile] | None
) -> DeliveredFiles:
    """Hold the files that were found against what is asked; `listed` are the manifest's files, None without one.

    Files of a manifest get its hashes: they are held against the files' own while these are staged.
    """
    by_name = {file.name: file for file in found}
    wanted = by_name if listed is None else {file.name: file for file in listed}
    files = [file for file in found if file.name in wanted]
    hashes = {file.name: file.sha256 for file in listed or ()}
    expected = delivery.expected
    missing = [*_not_as_listed(by_name, listed or ())]
    surplus = [name for name in by_name if name not in wanted]
    if expected is not None and len(found) < expected:
        missing.append(f"{len(found)} of {expected} files are there ({_names(list(by_name)) or 'none'})")
    too_much = f"the manifest does not list {_names(surplus)}" if surplus else ""
    if expected is not None and len(found) > expected:
        too_much = f"{len(found)} files are there instead of {expected}: {_names(list(by_name))}"
    return DeliveredFiles(
        files=tuple(file.model_copy(update={"sha256": hashes.get(file.name, "")}) for file in files),
        missing="; ".join(missing),
        surplus=too_much,
    )


def _not_as_listed(by_name: dict[str, SourceFile], listed: Sequence[ListedFile]) -> Iterator[str]:
    if absent := [file.name for file in listed if file.name not in by_name]:
        yield f"{_names(absent)} of the manifest {'is' if len(absent) == 1 else 'are'} missing"
    for file in listed:
        there = by_name.get(file.name)
        if there and file.size_bytes is not None and there.size_bytes != file.size_bytes:
            yield f"{file.name} has {there.size_bytes:,} bytes, the manifest says {file.size_bytes:,}"


def _names(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN_NAMES
    return ", ".join(names[:_SHOWN_NAMES]) + (f" and {more:,} more" if more > 0 else "")
