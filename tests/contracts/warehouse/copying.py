"""Steps and shapes that the cases about COPY INTO repeat."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import zstandard

from tests.contracts.warehouse.case import Case, Error, Put, Rows, Run

COPY = "sql-reference/sql/copy-into-table"
CSV = "sql-reference/sql/create-file-format"
TUTORIAL = "user-guide/data-load-internal-tutorial"
CONSIDERATIONS = "user-guide/data-load-considerations-load"

# A TSV whose options are all stated, as careful loaders write it.
TSV = (
    r"TYPE=CSV COMPRESSION=AUTO FIELD_DELIMITER='\t' RECORD_DELIMITER='\n' SKIP_HEADER=0 SKIP_BLANK_LINES=TRUE "
    "FIELD_OPTIONALLY_ENCLOSED_BY=NONE ESCAPE=NONE ESCAPE_UNENCLOSED_FIELD=NONE NULL_IF=('','NA') "
    "EMPTY_FIELD_AS_NULL=TRUE TRIM_SPACE=FALSE ENCODING='UTF8' REPLACE_INVALID_CHARACTERS=FALSE "
    "ERROR_ON_COLUMN_COUNT_MISMATCH=TRUE DATE_FORMAT='YYYY-MM-DD' TIME_FORMAT='HH24:MI:SS' "
    'TIMESTAMP_FORMAT=\'YYYY-MM-DD"T"HH24:MI:SS"Z"\' BINARY_FORMAT=HEX'
)
QUOTED = TSV.replace("FIELD_OPTIONALLY_ENCLOSED_BY=NONE", "FIELD_OPTIONALLY_ENCLOSED_BY='\"'")
COUNTS = ("status", "rows_parsed", "rows_loaded", "errors_seen")
FIRST_ERROR = ("first_error", "first_error_line", "first_error_character", "first_error_column_name")


def copy_sql(
    file_format: str = "TYPE=CSV", options: str = "", files: Iterable[str] = ("f.csv",), target: str = "T"
) -> str:
    """COPY of named files below load/ of the case's stage."""
    names = ", ".join(f"'{name}'" for name in files)
    form = f"FILE_FORMAT=({file_format}) " if file_format else ""
    return f"COPY INTO {target} FROM {{stage}}/load FILES=({names}) {form}{options}".strip()


def file(content: bytes, name: str = "f.csv") -> Put:
    """A file below load/."""
    return Put(f"load/{name}", content)


def content_of(*rows: tuple[Any, ...], columns: str = "*", table: str = "T") -> Run:
    """What the table must hold, in any order."""
    return Run(f"SELECT {columns} FROM {table}", rows=list(rows), any_order=True)


def loads(
    name: str,
    columns: str,
    content: bytes,
    rows: Rows,
    file_format: str = "TYPE=CSV",
    page: str = CSV,
    options: str = "",
) -> Case:
    """A file that loads whole, and what is in the table then."""
    return Case(
        f"COPY: {name}",
        page,
        (
            Run(f"CREATE TABLE T ({columns})"),
            file(content),
            Run(
                copy_sql(file_format, options),
                columns=("file", "status", "rows_loaded"),
                rows=_loaded(len(rows)),
            ),
            content_of(*rows),
        ),
    )


def _loaded(count: int) -> Rows:
    return [("chunks/load/f.csv", "LOADED", count)]


def refuses(
    name: str,
    columns: str,
    content: bytes,
    error: Error,
    file_format: str = TSV,
    page: str = COPY,
    options: str = "",
) -> Case:
    """A file that fails the statement; nothing is in the table then."""
    return Case(
        f"COPY refuses: {name}",
        page,
        (
            Run(f"CREATE TABLE T ({columns})"),
            file(content),
            Run(copy_sql(file_format, options), error=error),
            Run("SELECT COUNT(*) FROM T", rows=[(0,)]),
        ),
    )


def zstd(content: bytes) -> bytes:
    """One zstd frame with its checksum."""
    return zstandard.ZstdCompressor(level=1, write_checksum=True).compress(content)
