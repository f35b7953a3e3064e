"""How the text of each column becomes a value, as DuckDB expressions.

The text that comes in is NULL or a string; `converted` gives NULL for what cannot be converted, so that one
coalesce tells good from bad without converting twice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import duckdb

from local.warehouse.errors import SqlError, text_too_long, unsupported
from local.warehouse.loading.file_format import FileFormat
from local.warehouse.loading.moment_format import strptime_formats, without_zone
from local.warehouse.tables import column_limits
from local.warehouse.transactions.table_locks import TableName

_WHOLE = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"}
_TRUE = "('true','t','yes','y','on','1')"
_FALSE = "('false','f','no','n','off','0')"


@dataclass(frozen=True)
class TargetColumn:
    """A column to load; `position` counts from 1, `limit` is in characters, None without one.

    `is_typed`: what comes for it is a value of another type, made by an expression, not a text.
    """

    name: str
    position: int
    kind: str
    is_nullable: bool
    limit: int | None
    has_default: bool = False
    is_truncated: bool = False
    is_typed: bool = False

    @property
    def raw(self) -> str:
        """The name of its text in the queries."""
        return f"c{self.position}"


def target_columns(connection: duckdb.DuckDBPyConnection, table: TableName) -> list[TargetColumn]:
    """The columns of a table in order; empty when there is no such table."""
    query = (
        "SELECT column_name, data_type, is_nullable, column_default IS NOT NULL FROM duckdb_columns() "
        "WHERE database_name = ? AND schema_name = ? AND table_name = ? ORDER BY column_index"
    )
    limits = column_limits.limits_of(connection, table)
    rows = connection.execute(query, list(table)).fetchall()
    return [
        TargetColumn(name, position, kind, nullable, limits.get(name), has_default)
        for position, (name, kind, nullable, has_default) in enumerate(rows, start=1)
    ]


def quoted(table: TableName) -> str:
    """A table's full name for DuckDB."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in table)


def literal(text: str) -> str:
    """A DuckDB string literal."""
    return "'" + text.replace("'", "''") + "'"


def text_of(column: str, file_format: FileFormat) -> str:
    """The text of a field with TRIM_SPACE and NULL_IF applied; `column` is the name of what was read."""
    text = f"trim({column}, ' \t')" if file_format.trim_space and not file_format.enclosed_by else column
    if text != column and file_format.empty_field_as_null:
        text = f"nullif({text}, '')"
    nulls = ", ".join(literal(value) for value in file_format.null_if)
    return f"CASE WHEN {text} IN ({nulls}) THEN NULL ELSE {text} END" if nulls else text


def converted(column: TargetColumn, file_format: FileFormat) -> str:
    """The value of a text, NULL when it does not fit; raises SqlError for types not loaded here."""
    raw, kind = column.raw, column.kind
    if kind == "VARCHAR":
        return _text(column)
    if column.is_typed:
        return f"TRY_CAST({raw} AS {kind})"
    if kind in _WHOLE or kind.startswith("DECIMAL"):
        not_plain = f"contains({raw}, '_') OR contains({raw}, 'x') OR contains({raw}, 'b')"
        return f"CASE WHEN {not_plain} THEN NULL ELSE TRY_CAST({raw} AS {kind}) END"
    if kind in ("DOUBLE", "FLOAT", "JSON"):
        return f"TRY_CAST({raw} AS {kind})"
    if kind == "BOOLEAN":
        return f"CASE WHEN lower({raw}) IN {_TRUE} THEN true WHEN lower({raw}) IN {_FALSE} THEN false END"
    if kind == "BLOB":
        return _binary(raw, file_format.binary_format)
    return _moment(column, file_format)


def _text(column: TargetColumn) -> str:
    raw = f"CAST({column.raw} AS VARCHAR)" if column.is_typed else column.raw
    if column.limit is None:
        return raw
    if column.is_truncated:
        return f"left({raw}, {column.limit})"
    return f"CASE WHEN strlen({raw}) <= {column.limit} OR length({raw}) <= {column.limit} THEN {raw} END"


def _binary(raw: str, binary_format: str) -> str:
    if binary_format == "BASE64":
        return f"TRY(from_base64({raw}))"
    if binary_format != "HEX":
        return f"encode({raw})"
    return f"CASE WHEN regexp_full_match({raw}, '([0-9A-Fa-f]{{2}})*') THEN unhex({raw}) END"


def _moment(column: TargetColumn, file_format: FileFormat) -> str:
    kind = column.kind.partition(" ")[0].partition("_")[0].lower()
    formats = {
        "date": file_format.date_format,
        "time": file_format.time_format,
        "timestamp": file_format.timestamp_format,
    }
    if kind not in formats:
        raise unsupported(f"COPY into a column of type {column.kind}")
    patterns = ", ".join(literal(pattern) for pattern in strptime_formats(kind, formats[kind]))
    raw = column.raw
    if column.kind == "TIMESTAMP" and "%z" in patterns:
        # TIMESTAMP_NTZ keeps the time of day as written and drops the offset.
        patterns = ", ".join(literal(pattern) for pattern in without_zone(kind, formats[kind]))
        raw = f"regexp_replace({raw}, '(:\\d\\d(\\.\\d+)?)\\s*([+-]\\d\\d(:?\\d\\d)?|Z)$', '\\1')"
    if "%n" in patterns:
        # DuckDB would round what is beyond microseconds, and could move a time into the next day.
        raw = f"regexp_replace({raw}, '(\\.\\d{{6}})\\d+', '\\1')"
    return f"CAST(TRY_STRPTIME({raw}, [{patterns}]) AS {column.kind})"


def is_bad(column: TargetColumn, file_format: FileFormat) -> str:
    """The condition under which a row cannot be loaded because of this column."""
    bad = f"({column.raw} IS NOT NULL AND ({converted(column, file_format)}) IS NULL)"
    return bad if column.is_nullable else f"({column.raw} IS NULL OR {bad})"


def fault_of(column: TargetColumn, text: str | None, encoding: str = "hex") -> SqlError:
    """Snowflake's error for a text that is_bad; `encoding` is BINARY_FORMAT's."""
    if text is None:
        return SqlError(100072, "22000", "NULL result in a non-nullable column")
    if column.kind == "VARCHAR" and column.limit is not None:
        return text_too_long(column.limit, text)
    if column.kind in _WHOLE or column.kind.startswith(("DECIMAL", "DOUBLE", "FLOAT")):
        return _number_fault(column, text)
    if column.kind == "BOOLEAN":
        return SqlError(100037, "22018", f"Boolean value '{text}' is not recognized")
    if column.kind == "BLOB":
        return SqlError(
            100115, "22000", f"The following string is not a legal {encoding}-encoded value: '{text}'"
        )
    if column.kind == "JSON":
        return SqlError(100069, "22P02", f"Error parsing JSON: {text}")
    if column.kind == "DATE":
        return SqlError(100040, "22007", f"Date '{text}' is not recognized")
    kind = "Time" if column.kind == "TIME" else "Timestamp"
    return SqlError(100108 if kind == "Time" else 100035, "22007", f"{kind} '{text}' is not recognized")


def _number_fault(column: TargetColumn, text: str) -> SqlError:
    if not re.fullmatch(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", text):
        return SqlError(100038, "22018", f"Numeric value '{text}' is not recognized")
    size = column.kind.removeprefix("DECIMAL") if column.kind.startswith("DECIMAL") else "(38,0)"
    nullable = "nullable" if column.is_nullable else "not null"
    message = f"Number out of representable range: type FIXED{size}{{{nullable}}}, value {text}"
    return SqlError(100132, "22003", message)
