"""DuckDB's CSV reader over an unpacked file, for the formats that it reads exactly as Snowflake does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from local.warehouse.loading.csv_columns import TargetColumn, converted, literal, text_of
from local.warehouse.loading.file_format import FileFormat
from local.warehouse.loading.staged_text import StagedText

BAD_VALUE = "local-warehouse-bad-value"
INNER = "inner_delimiters"
# EMPTY_FIELD_AS_NULL=FALSE needs a text for NULL that no file holds: DuckDB cannot be told that there is none.
_NEVER = "\x01local-warehouse-null\x01"


def values_sql(columns: Sequence[TargetColumn], file_format: FileFormat, text: StagedText) -> str:
    """The rows of the whole file; fails at a bad value, with BAD_VALUE in the text and nothing more said.

    Where fields are enclosed a column INNER counts the delimiters that are text.
    """
    values = ", ".join(f"{_value(column, file_format)} AS v{column.position}" for column in columns)
    inner = f", {INNER}" if text.has_enclosure else ""
    return f"SELECT {values}{inner} FROM ({_texts(columns, file_format, text)})"


def _value(column: TargetColumn, file_format: FileFormat) -> str:
    failure = f"CAST(error('{BAD_VALUE}') AS {column.kind})"
    on_null = f"CAST(NULL AS {column.kind})" if column.is_nullable else failure
    value = converted(column, file_format)
    return f"coalesce({value}, CASE WHEN {column.raw} IS NULL THEN {on_null} ELSE {failure} END)"


def _texts(columns: Sequence[TargetColumn], file_format: FileFormat, text: StagedText) -> str:
    selected = ", ".join(f"{text_of(column.raw, file_format)} AS {column.raw}" for column in columns)
    if text.has_enclosure:
        mark = literal(file_format.field_delimiter)
        counts = [f"coalesce(length({c.raw}) - length(replace({c.raw}, {mark}, '')), 0)" for c in columns]
        selected += f", {' + '.join(counts)} AS {INNER}"
    where = ""
    if len(columns) == 1 and file_format.skip_blank_lines:
        # DuckDB skips empty lines of several columns by itself, but takes one of a single column for a NULL.
        where = f" WHERE {columns[0].raw} IS NOT NULL"
    return f"SELECT {selected} FROM {_read_csv(columns, file_format, text.path)}{where}"


def _read_csv(columns: Sequence[TargetColumn], file_format: FileFormat, text: Path) -> str:
    empty_is_null = file_format.empty_field_as_null or "" in file_format.null_if or len(columns) == 1
    enclosure = file_format.enclosed_by or ""
    options = {
        "auto_detect": "false",
        "header": "false",
        "delim": literal(file_format.field_delimiter),
        "quote": literal(enclosure),
        "escape": literal(enclosure),
        "nullstr": literal("" if empty_is_null else _NEVER),
        "allow_quoted_nulls": "false",
        "columns": "{" + ", ".join(f"'{column.raw}': 'VARCHAR'" for column in columns) + "}",
    }
    return (
        f"read_csv({literal(str(text))}, {', '.join(f'{name}={value}' for name, value in options.items())})"
    )
