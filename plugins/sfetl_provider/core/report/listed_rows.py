"""The first rows of a list of bad lines, for a report."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from sfetl_provider.core.qc.report import RejectsFile
from sfetl_provider.core.record import Record

_MOST_ROWS = 20
_LONGEST_TEXT = 500


class ListedRow(Record):
    """A row of the list, as it stands there; `line` may be several (102 to 104), `column` is a number or empty."""

    file: str
    line: str
    column: str
    reason: str
    text: str


def first_rows(rejects: RejectsFile | None) -> tuple[ListedRow, ...]:
    """Give the first 20 rows, texts cut after 500 characters; none without a list, or when it cannot be read."""
    if rejects is None:
        return ()
    try:
        with Path(rejects.path).open(encoding="utf-8") as lines:
            return tuple(_row(line) for line in islice(lines, 1, 1 + _MOST_ROWS))
    except OSError:
        # The report tells where the list lies all the same.
        return ()


def _row(line: str) -> ListedRow:
    file, number, column, _, reason, text = line.rstrip("\n").split("\t", 5)
    shown = text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
    return ListedRow(file=file, line=number, column=column, reason=reason, text=shown)
