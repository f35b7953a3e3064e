"""What QC says about a month, as an Excel workbook: one sheet per kind of fact."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from sfetl_provider import __version__
from sfetl_provider.core.printable import printable
from sfetl_provider.core.qc.check import MonthCheck
from sfetl_provider.core.qc.column_profile import distinct_kind
from sfetl_provider.core.qc.quality import Quality
from sfetl_provider.core.report.profile_table import share_text
from sfetl_provider.core.report.qc_text import CLASSES, SEVERITIES, findings_of

Cell = str | int | float | date | None
CELL_CHARACTERS = 32_000
"""Excel takes 32,767 in a cell."""
SHEET_ROWS = 1_000_000
"""Excel takes 1,048,576 with the header."""
_COLOURS = {"CRITICAL": "#F8D7DA", "WARNING": "#FFF3CD", "passed": "#D4EDDA", "REJECTED": "#F8D7DA"}
_CLASS_COLOURS: dict[str, str] = {
    name: _COLOURS["CRITICAL"] if name in ("MISSING", "SEVERELY_LOW") else _COLOURS["WARNING"]
    for name, text in CLASSES.items()
    if text and name != "NOT_EXPECTED"
}
_NUMBERS: dict[type, str] = {int: "#,##0", float: "#,##0.00", date: "yyyy-mm-dd"}
_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


@dataclass(frozen=True)
class Sheet:
    """One sheet: columns with their widths in characters, and rows of cells.

    A row has the colour of the severity or class of day in column `coloured_by`. `charted` are the columns of a
    chart's categories and values.
    """

    name: str
    columns: tuple[tuple[str, int], ...]
    rows: Iterable[tuple[Cell, ...]]
    coloured_by: int | None = None
    charted: tuple[int, int] | None = None


def write_workbook(path: Path, check: MonthCheck) -> None:
    """Write the workbook; a reader sees the old file or the new one, never a part.

    Text is written as text, whatever it begins with: samples come from files of others. Memory: that of the check.
    A crash may leave `<name>.part` beside it. Raises OSError when it cannot be written.
    """
    part = path.with_name(f"{path.name}.part")
    with xlsxwriter.Workbook(part, _OPTIONS) as workbook:
        workbook.set_properties({"title": f"{check.feed} {check.month}", "comments": f"sfetl {__version__}"})
        formats = _Formats(workbook)
        for make in SHEETS:
            if sheet := make(check):
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
            if colour:
                wanted["bg_color"] = colour
            self._made[kind, colour] = self._workbook.add_format(wanted)
        return self._made[kind, colour]


def _write_sheet(workbook: xlsxwriter.Workbook, page: Worksheet, sheet: Sheet, formats: _Formats) -> None:
    for at, (title, width) in enumerate(sheet.columns):
        page.set_column(at, at, width)
        page.write_string(0, at, title, formats.header)
    page.freeze_panes(1, 0)
    count = 0
    for row in sheet.rows:
        if count == SHEET_ROWS:
            page.write_string(count + 1, 0, "There are more rows than a sheet holds; the JSON has them all.")
            break
        count += 1
        key = "" if sheet.coloured_by is None else str(row[sheet.coloured_by])
        colour = _COLOURS.get(key) or _CLASS_COLOURS.get(key, "")
        for at, value in enumerate(row):
            _write_cell(page, count, at, value, formats.of(value, colour))
    page.autofilter(0, 0, count, len(sheet.columns) - 1)
    if sheet.charted and count:
        _add_chart(workbook, page, sheet, count)


def _write_cell(page: Worksheet, row: int, column: int, value: Cell, form: Any) -> None:
    if value is None:
        page.write_blank(row, column, None, form)
    elif isinstance(value, str):
        text = "\n".join(printable(line) for line in value.split("\n"))
        page.write_string(row, column, text[:CELL_CHARACTERS], form)
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


def _verdict(check: MonthCheck) -> Sheet:
    verdict = check.verdict
    rows: list[tuple[Cell, ...]] = [
        ("feed", check.feed),
        ("month", check.month),
        ("verdict", "passed" if verdict.is_passed else "REJECTED"),
        ("files", len(check.reports)),
        ("good records", verdict.good_records),
        ("bad records", sum(report.bad_records for report in check.reports)),
        *_quality(verdict.quality),
        ("days with rows", sum(day.rows > 0 for day in check.days)),
        *((f"{severity} findings", len(findings_of(check, severity))) for severity in SEVERITIES),
    ]
    return Sheet("Verdict", (("what", 22), ("value", 40)), rows, coloured_by=1)


def _quality(quality: Quality | None) -> tuple[tuple[Cell, ...], ...]:
    if quality is None:
        return ()
    shares = quality.shares
    return (
        ("quality, of 100", quality.score),
        ("good records %", 100 * shares.records),
        ("values present %", 100 * shares.values),
        ("expected days %", 100 * shares.days),
    )


def _findings(check: MonthCheck) -> Sheet:
    rows = (
        (finding.severity, finding.code, finding.message)
        for severity in SEVERITIES
        for finding in findings_of(check, severity)
    )
    return Sheet("Findings", (("severity", 11), ("code", 22), ("message", 110)), rows, coloured_by=0)


def _days(check: MonthCheck) -> Sheet:
    rows = ((day.day, f"{day.day:%a}", day.rows, day.day_class) for day in check.days)
    columns = (("day", 12), ("weekday", 9), ("rows", 14), ("class", 16))
    return Sheet("Days", columns, rows, coloured_by=3, charted=(0, 2))


def _files(check: MonthCheck) -> Sheet:
    names = (
        "size_bytes",
        "records",
        "header_records",
        "good_records",
        "bad_records",
        "empty_records",
        "seconds",
    )
    rows = (
        (report.file, *(getattr(report, name) for name in names), report.rejects and report.rejects.path)
        for report in check.reports
    )
    titles = ("bytes", "records", "header", "good", "bad", "empty", "seconds")
    return Sheet(
        "Files", (("file", 50), *((title, 14) for title in titles), ("bad lines listed in", 60)), rows
    )


def _bad_lines(check: MonthCheck) -> Sheet | None:
    rows = [
        (report.file, bad.line, bad.column, bad.byte_offset, bad.reason, bad.sample)
        for report in check.reports
        for bad in report.bad_lines
    ]
    columns = (("file", 40), ("line", 12), ("column", 9), ("byte", 16), ("reason", 45), ("text", 90))
    return Sheet("Bad lines", columns, rows) if rows else None


def _rules(check: MonthCheck) -> Sheet | None:
    rows = [
        (
            report.file,
            rule.name,
            rule.violations,
            rule.unreadable,
            sample.line if sample else None,
            sample.sample if sample else None,
        )
        for report in check.reports
        for rule in report.rules
        for sample in rule.samples or (None,)
    ]
    columns = (("file", 40), ("rule", 28), ("violations", 12), ("unreadable", 12), ("line", 12), ("text", 90))
    return Sheet("Rules", columns, rows) if rows else None


def _columns(check: MonthCheck) -> Sheet | None:
    rows = [
        (
            column.name,
            column.kind,
            column.values,
            column.nulls,
            100 * column.null_share,
            column.least,
            column.greatest,
            column.shortest,
            column.longest,
            column.mean_length,
            column.distinct,
            column.distinct_most,
            distinct_kind(column),
            ", ".join(f"{item.value} ({share_text(item.share)})" for item in column.top),
        )
        for column in check.verdict.profile
    ]
    counts = ("values", "nulls", "null %", "min", "max", "shortest", "longest", "mean length")
    columns = (
        ("column", 28),
        ("kind", 11),
        *((title, 14) for title in (*counts, "distinct", "distinct at most", "distinct is")),
        ("most frequent", 90),
    )
    return Sheet("Columns", columns, rows) if rows else None


SHEETS: tuple[Callable[[MonthCheck], Sheet | None], ...] = (
    _verdict,
    _findings,
    _days,
    _columns,
    _files,
    _bad_lines,
    _rules,
)
"""The sheets in their order; one without rows to show may be None."""
