"""Sheets as an Excel workbook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from sfetl_provider import __version__
from sfetl_provider.core.printable import printable
from sfetl_provider.core.report.qc_text import CLASSES
from sfetl_provider.core.report.sheet import Cell, Sheet

CELL_CHARACTERS = 32_000
"""Excel takes 32,767 in a cell."""
SHEET_ROWS = 1_000_000
"""Excel takes 1,048,576 with the header."""
A4 = 9
LINE_POINTS, MOST_POINTS = 15, 409
"""Heights of a row: of one line, and the most that Excel takes."""
_RED, _YELLOW, _GREEN, _GREY = "#F8D7DA", "#FFF3CD", "#D4EDDA", "#E2E3E5"
_COLOURS = {
    **dict.fromkeys(("CRITICAL", "REJECTED", "failed", "differs", "gone", "BROKEN"), _RED),
    **dict.fromkeys(("WARNING", "warned", "not published"), _YELLOW),
    "passed": _GREEN,
    "not looked at": _GREY,
}
_CLASS_COLOURS: dict[str, str] = {
    name: _RED if name in ("MISSING", "SEVERELY_LOW") else _YELLOW
    for name, text in CLASSES.items()
    if text and name != "NOT_EXPECTED"
}
_NUMBERS: dict[type, str] = {
    int: "#,##0",
    float: "#,##0.00",
    date: "yyyy-mm-dd",
    datetime: "yyyy-mm-dd hh:mm:ss",
}
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def write_sheets(path: Path, title: str, sheets: Iterable[Sheet]) -> None:
    """Write a workbook; a reader sees the old file or the new one, never a part.

    Text is written as text, whatever it begins with: samples come from files of others. Memory: that of the
    sheets. A crash may leave `<name>.part` beside it. Raises OSError when it cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    with xlsxwriter.Workbook(part, _OPTIONS) as workbook:
        workbook.set_properties({"title": title, "comments": f"sfetl {__version__}"})
        formats = _Formats(workbook)
        for sheet in sheets:
            _write_sheet(workbook, workbook.add_worksheet(sheet.name), sheet, formats)
    part.replace(path)


class _Formats:
    """Cell formats by kind of value and colour, each made once."""

    def __init__(self, workbook: xlsxwriter.Workbook) -> None:
        self._workbook = workbook
        self._made: dict[tuple[type, str], Any] = {}
        self.header = workbook.add_format({"bold": True, "bottom": 1, "bg_color": "#E9ECEF", "valign": "top"})

    def of(self, value: Cell, colour: str) -> Any:
        kind = type(value)
        if (kind, colour) not in self._made:
            wanted: dict[str, Any] = {"valign": "top"}
            if number := _NUMBERS.get(kind):
                wanted["num_format"] = number
            if kind is str:
                wanted["text_wrap"] = True
            if issubclass(kind, date):
                wanted["align"] = "left"
            if colour:
                wanted["bg_color"] = colour
            self._made[kind, colour] = self._workbook.add_format(wanted)
        return self._made[kind, colour]


def _write_sheet(workbook: xlsxwriter.Workbook, page: Worksheet, sheet: Sheet, formats: _Formats) -> None:
    for at, (title, width) in enumerate(sheet.columns):
        page.set_column(at, at, width)
        page.write_string(0, at, title, formats.header)
    page.freeze_panes(1, 0)
    _set_up_print(page)
    count = 0
    for row in sheet.rows:
        if count == SHEET_ROWS:
            page.write_string(count + 1, 0, "There are more rows than a sheet holds; the JSON has them all.")
            break
        count += 1
        key = "" if sheet.coloured_by is None else str(row[sheet.coloured_by])
        colour = _COLOURS.get(key) or _CLASS_COLOURS.get(key, "")
        if (lines := _lines(row, sheet)) > 1:
            page.set_row(count, min(MOST_POINTS, LINE_POINTS * lines))
        for at, value in enumerate(row):
            _write_cell(page, count, at, value, formats.of(value, colour))
    page.autofilter(0, 0, count, len(sheet.columns) - 1)
    if sheet.charted and count:
        _add_chart(workbook, page, sheet, count)


def _set_up_print(page: Worksheet) -> None:
    page.set_paper(A4)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)


def _lines(row: Sequence[Cell], sheet: Sheet) -> int:
    """Give the lines that a row's texts take: LibreOffice shows one where the file gives no height."""
    return max(
        (
            sum(1 + max(0, len(line) - 1) // width for line in text.split("\n"))
            for text, (_, width) in zip(row, sheet.columns, strict=False)
            if isinstance(text, str)
        ),
        default=1,
    )


def _write_cell(page: Worksheet, row: int, column: int, value: Cell, form: Any) -> None:
    if value is None:
        page.write_blank(row, column, None, form)
    elif isinstance(value, str):
        text = "\n".join(printable(line) for line in value.split("\n"))
        page.write_string(row, column, text[:CELL_CHARACTERS], form)
    elif isinstance(value, datetime):
        page.write_datetime(row, column, value.astimezone(UTC).replace(tzinfo=None), form)
    elif isinstance(value, date):
        page.write_datetime(row, column, datetime.combine(value, time()), form)
    else:
        page.write_number(row, column, value, form)


def _add_chart(workbook: xlsxwriter.Workbook, page: Worksheet, sheet: Sheet, count: int) -> None:
    categories, values = sheet.charted or (0, 0)
    chart: Any = workbook.add_chart({"type": "column"})
    chart.add_series(
        {
            "categories": [sheet.name, 1, categories, count, categories],
            "values": [sheet.name, 1, values, count, values],
            "gap": 30,
        }
    )
    chart.set_legend({"none": True})
    chart.set_title({"name": sheet.columns[values][0], "overlay": False})
    chart.set_x_axis({"date_axis": True, "num_format": "d"})
    chart.set_size({"width": 900, "height": 320})
    page.insert_chart(1, len(sheet.columns) + 1, chart)
