"""DuckDB's CSV reader over an unpacked file: the statements that load it and that look for its first bad value."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from local.warehouse.csv_columns import TargetColumn, converted, is_bad, literal, text_of
from local.warehouse.file_format import FileFormat
from local.warehouse.table_locks import TableName

BAD_VALUE = "local-warehouse-bad-value"
# EMPTY_FIELD_AS_NULL=FALSE needs a text for NULL that no file holds: DuckDB cannot be told that there is none.
_NEVER = "\x01local-warehouse-null\x01"


def insert_sql(table: TableName, columns: Sequence[TargetColumn], file_format: FileFormat, text: Path) -> str:
    """Load the whole file or fail; a bad value fails with BAD_VALUE in the text and nothing more said."""
    values = ", ".join(_value(column, file_format) for column in columns)
    return f"INSERT INTO {quoted(table)} SELECT {values} FROM ({_texts(columns, file_format, text)})"


def bad_value_sql(columns: Sequence[TargetColumn], file_format: FileFormat, text: Path) -> str:
    """The record number, column position and text of the first value that does not fit; no rows when all fit.

    Records that are not well formed are left out: numbers are right only up to the first of those.
    """
    texts = _texts(columns, file_format, text, extra="row_number() OVER () AS record", tolerant=True)
    conditions = [(is_bad(column, file_format), column) for column in columns]
    position = " ".join(f"WHEN {bad} THEN {column.position}" for bad, column in conditions)
    value = " ".join(f"WHEN {bad} THEN {column.raw}" for bad, column in conditions)
    any_bad = " OR ".join(bad for bad, _ in conditions)
    selected = f"record, CASE {position} END, CASE {value} END"
    return f"SELECT {selected} FROM ({texts}) WHERE {any_bad} ORDER BY record LIMIT 1"


def quoted(table: TableName) -> str:
    """A table's full name for DuckDB."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in table)


def _value(column: TargetColumn, file_format: FileFormat) -> str:
    failure = f"CAST(error('{BAD_VALUE}') AS {column.kind})"
    on_null = f"CAST(NULL AS {column.kind})" if column.is_nullable else failure
    value = converted(column, file_format)
    return f"coalesce({value}, CASE WHEN {column.raw} IS NULL THEN {on_null} ELSE {failure} END)"


def _texts(
    columns: Sequence[TargetColumn],
    file_format: FileFormat,
    text: Path,
    extra: str = "",
    tolerant: bool = False,
) -> str:
    selected = ", ".join(f"{text_of(column, file_format)} AS {column.raw}" for column in columns)
    where = ""
    if len(columns) == 1 and file_format.skip_blank_lines:
        # DuckDB skips empty lines of several columns by itself, but takes one of a single column for a NULL.
        where = f" WHERE {columns[0].raw} IS NOT NULL"
    more = f", {extra}" if extra else ""
    return f"SELECT {selected}{more} FROM {_read_csv(columns, file_format, text, tolerant)}{where}"


def _read_csv(columns: Sequence[TargetColumn], file_format: FileFormat, text: Path, tolerant: bool) -> str:
    empty_is_null = file_format.empty_field_as_null or "" in file_format.null_if or len(columns) == 1
    enclosure = file_format.enclosed_by or ""
    options = {
        "auto_detect": "false",
        "header": "false",
        "delim": literal(file_format.field_delimiter),
        "quote": literal(enclosure),
        "escape": literal(enclosure),
        "skip": str(file_format.skip_header),
        "nullstr": literal("" if empty_is_null else _NEVER),
        "allow_quoted_nulls": "false",
        "columns": "{" + ", ".join(f"'{column.raw}': 'VARCHAR'" for column in columns) + "}",
        "ignore_errors": "true" if tolerant else "false",
    }
    return (
        f"read_csv({literal(str(text))}, {', '.join(f'{name}={value}' for name, value in options.items())})"
    )
