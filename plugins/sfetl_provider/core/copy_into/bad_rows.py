"""Rows that a COPY left out, as VALIDATE tells them, in terms of the source file.

Source: docs.snowflake.com/en/sql-reference/functions/validate.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.copy_into.source_places import SourcePlaces
from sfetl_provider.core.copy_into.statement import validate_statement
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.ports import RowReader

_COLUMN = re.compile(r'\["(?P<name>(?:[^"]|"")+)":(?P<position>\d+)\]')
_POSITION = re.compile(r"\[(?P<position>\d+)\]")
_VALUE = re.compile(r"'(?P<quoted>.*)'|value (?P<bare>[^'\s]\S*)", re.DOTALL)
VALUE_CHARACTERS = 80
MASKED = "(not shown: masked)"


@dataclass(frozen=True)
class RecordForm:
    """How fields stand in a record, and of which columns nobody may see the values."""

    delimiter: str
    quote: str | None
    masked: frozenset[str] = frozenset()


def record_form(config: FeedConfig) -> RecordForm:
    """Give the form of a feed's records, with the columns whose values the config masks, wherever it does."""
    masked = frozenset(column.name for column in config.columns if column.mask is not None)
    return RecordForm(config.format.delimiter, config.format.quote, masked)


@dataclass(frozen=True)
class BadRow:
    """One row: `line` counts from 1 in the source file, None for a file as a whole.

    `last_line` is the same, unless it is only known that the row stands from `line` to there.
    `column` is empty and `position` (from 1) None where the record as a whole is at fault; `value` is None where
    no single value is. `record` is the text of the record. None of them holds a masked value.
    """

    source: str
    line: int | None
    last_line: int | None
    column: str
    position: int | None
    code: int
    reason: str
    value: str | None
    record: str
    characters: int = 0
    digits: int = 0

    @property
    def lines(self) -> str:
        """Where it stands: 102, or "102 to 104"; empty for a file as a whole."""
        if self.line is None or self.last_line == self.line:
            return "" if self.line is None else str(self.line)
        return f"{self.line} to {self.last_line}"

    def __str__(self) -> str:
        line = "" if self.line is None else f" line {self.lines}"
        column = f", column {self.column}" if self.column else ""
        quoted = "" if self.value is None else f", value '{_short(self.value)}'"
        value = "" if self.value is None or self.value in self.reason else quoted
        return f"{self.source}{line}{column}{value}: {_short(self.reason, 2 * VALUE_CHARACTERS)}"


def read_bad_rows(
    warehouse: RowReader, table: TableName, query_id: str, places: SourcePlaces, form: RecordForm
) -> Iterator[BadRow]:
    """Give every row that a COPY with ON_ERROR = CONTINUE left out of `table`, by file and line.

    Memory: one batch of the result. Errors as in `RowReader`.
    """
    result = warehouse.read_rows(validate_statement(table, query_id), batch_rows=1000)
    for batch in result.batches:
        for error, file, line, category, code, column, record in batch:
            row = _Row(str(error), str(file), line, str(category), int(str(code)), column, record)
            yield _bad_row(row, places, form)


@dataclass(frozen=True)
class _Row:
    """One row of VALIDATE; what it may leave out is None."""

    error: str
    file: str
    line: object
    category: str
    code: int
    column: object
    record: object


def _bad_row(row: _Row, places: SourcePlaces, form: RecordForm) -> BadRow:
    place = places.find(row.file, None if row.line is None else int(str(row.line)))
    name, position = named_column(str(row.column or ""))
    is_hidden = name in form.masked
    record = str(row.record or "").rstrip("\r\n")
    value = None
    if row.category.lower() != "parsing" and position is not None:
        value = _field(record, position, form) or _quoted_value(row.error)
    return BadRow(
        source=place.source,
        line=place.line,
        last_line=place.last_line,
        column=name,
        position=position,
        code=row.code,
        reason=MASKED if is_hidden else row.error.strip().split("\n")[0],
        value=MASKED if is_hidden and value is not None else value,
        record=MASKED if form.masked else record,
        characters=len(value or ""),
        digits=_digits(value or ""),
    )


def named_column(text: str) -> tuple[str, int | None]:
    """Read name and position from `"TABLE"["COLUMN":2]`, or the position alone from `"TABLE"[2]`."""
    if found := _COLUMN.search(text):
        return found["name"].replace('""', '"'), int(found["position"])
    found = _POSITION.search(text)
    return "", int(found["position"]) if found else None


def _field(record: str, position: int, form: RecordForm) -> str | None:
    fields = _fields(record, form)
    return fields[position - 1] if position <= len(fields) else None


def _fields(record: str, form: RecordForm) -> list[str]:
    if form.quote is None:
        return record.split(form.delimiter)
    try:
        return next(csv.reader([record], delimiter=form.delimiter, quotechar=form.quote), [])
    except csv.Error:  # a field of more than 128 KiB, or quotes that are not paired
        return []


def _quoted_value(error: str) -> str | None:
    found = _VALUE.search(error)
    return found["quoted"] or found["bare"] if found else None


def _digits(value: str) -> int:
    whole = value.strip().lstrip("+-").partition(".")[0].lstrip("0")
    return len(whole) if whole.isdigit() else 0


def _short(text: str, characters: int = VALUE_CHARACTERS) -> str:
    return text if len(text) <= characters else f"{text[:characters]}…"
