"""Facts as rows and columns: what a sheet of a workbook and a file of CSV (UTF-8) have in common."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO

Cell = str | int | float | date | datetime | None


@dataclass(frozen=True)
class Sheet:
    """One sheet: columns with their widths in characters, and rows of cells.

    A row has the colour of the severity, verdict, state or class of day in column `coloured_by`. `charted` are the
    columns of a chart's categories and values.
    """

    name: str
    columns: tuple[tuple[str, int], ...]
    rows: Iterable[tuple[Cell, ...]]
    coloured_by: int | None = None
    charted: tuple[int, int] | None = None


def sheet_csv(sheet: Sheet) -> str:
    """Give a sheet as CSV; spaces in its titles are underscores, empty cells have no value."""
    titles = [title.replace(" ", "_") for title, _ in sheet.columns]
    return csv_text(titles, (["" if cell is None else str(cell) for cell in row] for row in sheet.rows))


def csv_text(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Give rows below a header as CSV."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
