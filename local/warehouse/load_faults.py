"""Which record of a file could not be loaded, and why, told as Snowflake tells it.

Only called when loading has failed; reads the text again, line by line up to the fault.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local.warehouse.csv_columns import TargetColumn, fault_of
from local.warehouse.errors import SqlError
from local.warehouse.file_format import FileFormat

_ADVICE = (
    "  If you would like to continue loading when an error is encountered, use other values such as "
    "'SKIP_FILE' or 'CONTINUE' for the ON_ERROR option. For more information on loading options, please run "
    "'info loading_data' in a SQL client."
)


@dataclass(frozen=True)
class Record:
    """One record; `row` counts records from 1, `line` lines of the file from 1."""

    row: int
    line: int
    fields: list[bytes]


@dataclass(frozen=True)
class BadValue:
    """A value that does not fit its column, found by DuckDB; `row` counts records from 1."""

    row: int
    column: TargetColumn
    text: str | None


@dataclass(frozen=True)
class FaultyFile:
    """What is known of the file that could not be loaded; `name` is its path in the stage."""

    name: str
    text: Path
    file_format: FileFormat
    table: str
    columns: list[TargetColumn]


def explain(file: FaultyFile, bad_value: BadValue | None) -> SqlError | None:
    """The first fault of the file; None when neither the structure nor a value of it is at fault."""
    for record in _records(file):
        fault = _structure_fault(file, record)
        if fault is not None:
            return _located(file, fault, record, file.columns[min(len(record.fields), len(file.columns)) - 1])
        if bad_value is not None and record.row == bad_value.row:
            return _located(file, fault_of(bad_value.column, bad_value.text), record, bad_value.column)
    return None


def _structure_fault(file: FaultyFile, record: Record) -> SqlError | None:
    expected, found = len(file.columns), len(record.fields)
    for field in record.fields:
        try:
            field.decode("utf-8")
        except UnicodeDecodeError as error:
            shown = field[error.start : error.end].hex()
            return SqlError(100144, "22000", f"Invalid UTF8 detected in string '0x{shown}'")
    if found == expected:
        return None
    message = (
        f"Number of columns in file ({found}) does not match that of the corresponding table ({expected}), "
        "use file format option error_on_column_count_mismatch=false to ignore this error"
    )
    return SqlError(100080, "22000", message)


def _located(file: FaultyFile, fault: SqlError, record: Record, column: TargetColumn) -> SqlError:
    before = record.fields[: column.position - 1]
    character = sum(len(field.decode("utf-8", "replace")) + 1 for field in before) + 1
    message = (
        f"{fault.message}\n  File '{file.name}', line {record.line}, character {character}\n"
        f'  Row {record.row}, column "{file.table}"["{column.name}":{column.position}]\n{_ADVICE}'
    )
    return SqlError(fault.code, fault.sqlstate, message)


def _records(file: FaultyFile) -> Iterator[Record]:
    lines = _enclosed(file) if file.file_format.enclosed_by else _plain(file)
    row = 0
    for line, fields in lines:
        is_blank = not fields or fields == [b""]
        if line <= file.file_format.skip_header or (is_blank and file.file_format.skip_blank_lines):
            continue
        row += 1
        yield Record(row, line, fields)


def _plain(file: FaultyFile) -> Iterator[tuple[int, list[bytes]]]:
    delimiter = file.file_format.field_delimiter.encode()
    with file.text.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            yield number, line.removesuffix(b"\n").split(delimiter)


def _enclosed(file: FaultyFile) -> Iterator[tuple[int, list[bytes]]]:
    with file.text.open(encoding="utf-8", errors="surrogateescape", newline="") as lines:
        reader = csv.reader(lines, delimiter=file.file_format.field_delimiter)
        first_line = 1
        for fields in reader:
            yield first_line, [field.encode("utf-8", "surrogateescape") for field in fields]
            first_line = reader.line_num + 1
