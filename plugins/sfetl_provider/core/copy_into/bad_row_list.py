"""The list of all rows that a COPY left out: a file on disk, and what of it goes into a message."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sfetl_provider.core.copy_into.bad_rows import BadRow
from sfetl_provider.core.qc.rejects import RejectsWriter, open_rejects
from sfetl_provider.core.qc.report import RejectsFile

QUOTED_ROWS = 10
_TALLIES = 50


@dataclass(frozen=True)
class ListPlace:
    """Where the list is written, and how large it may become."""

    path: Path
    limit_bytes: int


@dataclass
class Tally:
    """The rows of one column and error code: characters of the longest value, digits of the largest number."""

    column: str
    code: int
    rows: int = 0
    longest: int = 0
    digits: int = 0

    def add(self, row: BadRow) -> None:
        """Count one row."""
        self.rows += 1
        self.longest = max(self.longest, row.characters)
        self.digits = max(self.digits, row.digits)


@dataclass
class BadRowList:
    """What was read: the first rows, a tally for each column and code, and the file when there is one.

    `is_whole`: all rows were read, as the file had room for them.
    """

    quoted: list[BadRow] = field(default_factory=list)
    rows: int = 0
    tallies: dict[tuple[str, int], Tally] = field(default_factory=dict)
    file: RejectsFile | None = None
    is_whole: bool = True

    def add(self, row: BadRow) -> None:
        """Take a row in. Memory does not grow with their number."""
        self.rows += 1
        if len(self.quoted) < QUOTED_ROWS:
            self.quoted.append(row)
        key = (row.column, row.code)
        if key in self.tallies or len(self.tallies) < _TALLIES:
            self.tallies.setdefault(key, Tally(*key)).add(row)


def list_bad_rows(rows: Iterable[BadRow], place: ListPlace | None) -> BadRowList:
    """Read rows once and write each to the file; when that is full no more are read. No rows, no file.

    Raises ScratchSpaceError when the disk does not take it.
    """
    found = BadRowList()
    with _open(place) as writer:
        for row in rows:
            place_in_file = (row.source, row.lines, row.position, None)
            if writer is not None and not writer.add_at(place_in_file, row.reason, row.record.encode()):
                found.is_whole = False
                break
            found.add(row)
    if writer is not None and writer.lines:
        found.file = RejectsFile(path=str(writer.path), lines=writer.lines)
    return found


@contextmanager
def _open(place: ListPlace | None) -> Iterator[RejectsWriter | None]:
    if place is None:
        yield None
        return
    with open_rejects(place.path, place.limit_bytes) as writer:
        yield writer
