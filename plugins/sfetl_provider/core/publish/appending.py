"""Which files a month holds already: append skips them, and never publishes one twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sfetl_provider.core.errors import PublishRefusedError
from sfetl_provider.core.events import Listener, Notice, ignore_events
from sfetl_provider.core.ledger.published import MonthContent
from sfetl_provider.core.plan.month_plan import SourceFile
from sfetl_provider.core.stage.staged_file import StagedFile
from sfetl_provider.core.tsv.compressed import is_compressed
from sfetl_provider.core.tsv.file_hash import file_sha256


@dataclass(frozen=True)
class FoundFiles:
    """The month's files as they were found: those to load, and the names of those that it holds already."""

    new: tuple[SourceFile, ...]
    published: tuple[str, ...]


def without_published(
    found: Iterable[SourceFile], published: MonthContent, listener: Listener = ignore_events
) -> FoundFiles:
    """Leave out the files that the month holds already, by SHA-256, whatever their names.

    Only a file that can be one of them is read for that, once and whole: a compressed one, or one of the same
    size as a published one. The listener is told of each that is left out. Raises SourceFileError when a file
    cannot be read, PublishRefusedError when one may be a file that was published without its SHA-256.
    """
    found = list(found)
    _refuse([_may_be(file.name, file.size_bytes, published) for file in found])
    known, sizes = published.names_by_sha256, {file.size_bytes for file in published.files}
    new, left_out = [], []
    for file in found:
        may_be_known = bool(known) and (is_compressed(file.path) or file.size_bytes in sizes)
        hashed = with_sha256(file) if may_be_known else file
        if hashed.sha256 not in known:
            new.append(hashed)
            continue
        left_out.append(file.name)
        text = (
            f"{file.name} is published already (as {known[hashed.sha256]}, SHA-256 {hashed.sha256}): skipped"
        )
        listener(Notice("append", text))
    return FoundFiles(tuple(new), tuple(left_out))


def with_sha256(file: SourceFile) -> SourceFile:
    """Give a file with the SHA-256 of its bytes, which are read unless it is known: about a second a gigabyte."""
    return file if file.sha256 else file.model_copy(update={"sha256": file_sha256(Path(file.path))})


def require_new_files(published: MonthContent, staged: Sequence[StagedFile]) -> None:
    """Refuse to append a file whose rows the month holds, one that comes twice, or one of which that is not known.

    Raises PublishRefusedError with their names.
    """
    known = published.names_by_sha256
    times = Counter(file.sha256 for file in staged)
    _refuse(
        [
            *(f"{file.file} has no SHA-256" for file in staged if not file.sha256),
            *(
                f"{file.file} is published, as {known[file.sha256]}"
                for file in staged
                if file.sha256 in known
            ),
            *(f"{file.file} has the content of another one" for file in staged if times[file.sha256] > 1),
            *(_may_be(file.file, file.size_bytes, published) for file in staged),
        ]
    )


def _may_be(name: str, size_bytes: int, published: MonthContent) -> str:
    like = published.unhashed_like(size_bytes)
    return f"{name} may be {like}, which has its size and was published without a SHA-256" if like else ""


def _refuse(faults: Sequence[str]) -> None:
    told = [fault for fault in faults if fault]
    if told:
        raise PublishRefusedError(
            f"The month cannot be appended to: {'; '.join(told)}.",
            safe="The target table is as it was.",
            next_step="Clear this run's tasks from wait_for_files on: it skips what is published. Of files with "
            "the same content remove all but one. Without a SHA-256, load the month anew by replace_month.",
        )
