"""A record that could not be loaded: where it is and what is wrong with it, told as Snowflake tells it.

Texts and places of the faults of a record's structure follow the examples in the documentation: the first record
of a file is told by its number of columns, later ones by what was found in place of what.
https://docs.snowflake.com/en/user-guide/data-load-internal-tutorial
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from local.warehouse.errors import SqlError
from local.warehouse.loading.csv_columns import TargetColumn
from local.warehouse.loading.csv_records import Record
from local.warehouse.loading.file_format import FileFormat

_ADVICE = (
    "  If you would like to continue loading when an error is encountered, use other values such as "
    "'SKIP_FILE' or 'CONTINUE' for the ON_ERROR option. For more information on loading options, please run "
    "'info loading_data' in a SQL client."
)


@dataclass(frozen=True)
class Fault:
    """One error of a file; what has no place in it (a file that cannot be unpacked) has row 0.

    `row`, `line` and `character` count from 1, `byte_offset` from 0; `record_line` is where the record starts.
    """

    error: SqlError
    category: str
    row: int = 0
    record_line: int = 0
    line: int | None = None
    character: int | None = None
    byte_offset: int | None = None
    column: str | None = None
    rejected: str | None = None

    def raised(self, path: str) -> SqlError:
        """The failure of a whole COPY over this fault of a file."""
        if not self.row:
            return self.error
        starts = "" if self.line == self.record_line else f" starts at line {self.record_line}"
        column = f", column {self.column}" if self.column else ""
        message = (
            f"{self.error.message}\n  File '{path}', line {self.line}, character {self.character}\n"
            f"  Row {self.row}{starts}{column}\n{_ADVICE}"
        )
        return SqlError(self.error.code, self.error.sqlstate, message)


@dataclass(frozen=True)
class Judge:
    """Finds the faults of records that are to go into a table."""

    table: str
    columns: Sequence[TargetColumn]
    file_format: FileFormat
    counts_columns: bool

    def structure_fault(self, record: Record, is_first: bool, is_last: bool) -> Fault | None:
        """What is wrong with the record before its values are looked at."""
        if record.problem is not None:
            return self._misplaced(record, record.problem)
        if not record.raw.isascii():
            for number, field in enumerate(record.fields):
                if field is not None and (fault := self._invalid(record, number, field)):
                    return fault
        if self.counts_columns and len(record.fields) != len(self.columns):
            return self._wrong_count(record, is_first, is_last)
        return None

    def value_fault(self, record: Record, column: TargetColumn, error: SqlError) -> Fault:
        """A value that does not fit its column."""
        starts = self._starts(record)
        place = starts[column.position - 1] if column.position <= len(starts) else 0
        return self._at(record, place, error, "conversion", self._name(column.position))

    def expression_fault(self, record: Record, error: SqlError) -> Fault:
        """An expression of the COPY's SELECT that failed for this record."""
        return self._at(record, 0, error, "conversion", None)

    def _invalid(self, record: Record, number: int, field: bytes) -> Fault | None:
        try:
            field.decode("utf-8")
        except UnicodeDecodeError as problem:
            shown = field[problem.start : problem.end].hex()
            error = SqlError(100144, "22000", f"Invalid UTF8 detected in string '0x{shown}'")
            return self._at(record, self._starts(record)[number], error, "conversion", self._name(number + 1))
        return None

    def _misplaced(self, record: Record, place: int) -> Fault:
        wanted = _shown(self.file_format.field_delimiter)
        number = min(len(record.fields) + 1, len(self.columns))
        if place >= record.body_length:
            text = f"End of record reached while expected to parse column '{self._name(number)}'"
            return self._at(record, place, SqlError(100068, "22000", text), "parsing", self._name(number))
        found = record.raw[place:].decode("utf-8", "replace")[:1]
        text = f"Found character '{_shown(found)}' instead of field delimiter '{wanted}'"
        return self._at(record, place, SqlError(100065, "22000", text), "parsing", self._name(number))

    def _wrong_count(self, record: Record, is_first: bool, is_last: bool) -> Fault:
        found, expected = len(record.fields), len(self.columns)
        if is_first:
            text = (
                f"Number of columns in file ({found}) does not match that of the corresponding table "
                f"({expected}), use file format option error_on_column_count_mismatch=false to ignore this error"
            )
            place = record.body_length if is_last else len(record.raw)
            return self._at(record, place, SqlError(100080, "22000", text), "parsing", self._name(found))
        if found > expected:
            text = (
                f"Field delimiter '{_shown(self.file_format.field_delimiter)}' found while expecting record "
                f"delimiter '{_shown(self.file_format.record_delimiter)}'"
            )
            place = self._starts(record)[expected] - len(self.file_format.field_delimiter.encode())
            return self._at(record, place, SqlError(100016, "22000", text), "parsing", self._name(expected))
        name = self._name(found + 1)
        text = f"End of record reached while expected to parse column '{name}'"
        return self._at(record, record.body_length, SqlError(100068, "22000", text), "parsing", name)

    def _starts(self, record: Record) -> list[int]:
        if record.starts is not None:
            return record.starts
        mark = self.file_format.field_delimiter.encode()
        body = record.raw[: record.body_length]
        lengths = [len(part) + len(mark) for part in (body.split(mark) if mark else [body])]
        return [0, *itertools.accumulate(lengths[:-1])]

    def _at(self, record: Record, place: int, error: SqlError, category: str, column: str | None) -> Fault:
        before = record.raw[:place]
        last_line = before[before.rfind(b"\n") + 1 :]
        return Fault(
            error,
            category,
            row=record.row,
            record_line=record.line,
            line=record.line + before.count(b"\n"),
            character=len(last_line.decode("utf-8", "replace")) + 1,
            byte_offset=record.offset + place,
            column=column,
            rejected=record.raw[: record.body_length].decode("utf-8", "replace"),
        )

    def _name(self, position: int) -> str:
        """`"TABLE"["COLUMN":position]`, or without a name where the table has no such column."""
        if position > len(self.columns):
            return f'"{self.table}"[{position}]'
        return f'"{self.table}"["{self.columns[position - 1].name}":{position}]'


def file_fault(error: SqlError) -> Fault:
    """A file that is missing or cannot be unpacked."""
    return Fault(error, "other")


def _shown(mark: str) -> str:
    return mark.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
