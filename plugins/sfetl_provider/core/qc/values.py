"""One DuckDB scan over a file: records per date, missing values, and DuckDB's own count of rows.

Memory is bounded by `qc.memory_mib`; what does not fit goes to the scratch folder. Source of the options:
duckdb.org/docs/data/csv/overview and duckdb.org/docs/data/csv/reading_faulty_csv_files.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.date_format import strptime_format
from sfetl_provider.core.qc.report import BadLine
from sfetl_provider.core.qc.structure import RECORD_LIMIT_BYTES, SAMPLE_CHARACTERS

REJECTS_LIMIT = 10_000
# DuckDB's own choice, 16 times the longest line, takes all of the memory limit. With a buffer that is no whole
# multiple of that line, DuckDB 2.0 loses records beside long ones.
BUFFER_BYTES = 2 * RECORD_LIMIT_BYTES


@dataclass(frozen=True)
class Values:
    """What DuckDB read: rows, rows per date (None: undated), missing values per required column."""

    rows: int
    dates: dict[date | None, int]
    nulls: dict[str, int]
    rejects: tuple[BadLine, ...]

    @property
    def dated_rows(self) -> int:
        """Rows with a readable date."""
        return sum(rows for day, rows in self.dates.items() if day is not None)


class ValueScan:
    """The scan of one file; `run` blocks, `interrupt` may be called by another thread to end it.

    `source` must be a path without wildcards, `header_records` the number of records to skip. Close it.
    """

    def __init__(self, source: Path, header_records: int, config: FeedConfig, scratch: Path) -> None:
        self._source = source
        self._header_records = header_records
        self._config = config
        self._connection = duckdb.connect(
            config={
                "memory_limit": f"{config.qc.memory_mib}MiB",
                "temp_directory": str(scratch),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )

    def interrupt(self) -> None:
        """End a running scan; it raises duckdb.InterruptException in its thread."""
        self._connection.interrupt()

    def close(self) -> None:
        """Give memory and files back."""
        self._connection.close()

    def run(self) -> Values | None:
        """Read the file; None when DuckDB cannot make sense of it.

        Raises duckdb.Error for anything but the file's content.
        """
        try:
            found = self._connection.execute(scan_statement(self._config), self._binds()).fetchall()
        except duckdb.InvalidInputException:
            return None
        required = required_columns(self._config)
        totals = [sum(column) for column in list(zip(*found, strict=True))[1:]] or [0] * (len(required) + 1)
        return Values(
            rows=totals[0],
            dates={row[0]: row[1] for row in found},
            nulls=dict(zip(required, totals[1:], strict=True)),
            rejects=self._rejects(),
        )

    def _binds(self) -> dict[str, Any]:
        text_format = self._config.format
        return {
            "path": str(self._source),
            "delimiter": text_format.delimiter,
            "quote": text_format.quote or "",
            # Where a part of a file begins, DuckDB guesses whether it is within quotes, and may guess wrong.
            "parallel": text_format.quote is None,
            "skip": self._header_records,
            "markers": list(text_format.null_markers),
            "date_format": strptime_format(self._config.date_format),
        }

    def _rejects(self) -> tuple[BadLine, ...]:
        rows = self._connection.execute(
            "SELECT line, any_value(line_byte_position), any_value(error_message), any_value(csv_line)"
            " FROM reject_errors GROUP BY line ORDER BY line"
        ).fetchall()
        return tuple(
            BadLine(line=line, byte_offset=at - 1, reason=reason, sample=(text or "")[:SAMPLE_CHARACTERS])
            for line, at, reason, text in rows
        )


def required_columns(config: FeedConfig) -> tuple[str, ...]:
    """Give the names of the columns that must have a value in each record."""
    return tuple(column.name for column in config.columns if not column.nullable)


def scan_statement(config: FeedConfig) -> str:
    """Write the query: per date its rows and, for each required column, its missing values.

    Texts of a date column are few, so they are counted before they are parsed; timestamps are parsed row by
    row, as there may be as many of them as rows.
    """
    dated = f"c{config.column_names.index(config.date.column)}"
    parsed = "try_strptime({}, $date_format)::DATE"
    is_date = config.date.type == "date"
    missing = [
        f"count(*) FILTER (WHERE {_is_missing(f'c{index}')})"
        for index, column in enumerate(config.columns)
        if not column.nullable
    ]
    counts = ", ".join(f"{count} AS n{at}" for at, count in enumerate(["count(*)", *missing]))
    text = f"CASE WHEN NOT ({_is_missing(dated)}) THEN {dated} END"
    sums = ", ".join(f"sum(n{at})::BIGINT" for at in range(len(missing) + 1))
    return (
        f"SELECT {parsed.format('day') if is_date else 'day'}, {sums} FROM ("
        f"SELECT {text if is_date else parsed.format(text)} AS day, {counts}"
        f" FROM {_reading(len(config.columns))} GROUP BY day) GROUP BY 1"
    )


def _is_missing(column: str) -> str:
    return f"{column} IS NULL OR list_contains($markers, {column})"


def _reading(columns: int) -> str:
    # DuckDB's strict parser fails on sound files: lines that end now with and now without a carriage return,
    # quoted newlines of the other kind. What the lenient one lets pass is found by the pass over the bytes.
    types = ", ".join(f"'c{index}': 'VARCHAR'" for index in range(columns))
    return (
        "read_csv($path, auto_detect = false, all_varchar = true, header = false, skip = $skip,"
        f" columns = {{{types}}}, delim = $delimiter, quote = $quote, escape = $quote, compression = 'none',"
        " null_padding = false, strict_mode = false, parallel = $parallel,"
        f" max_line_size = {RECORD_LIMIT_BYTES}, buffer_size = {BUFFER_BYTES},"
        f" store_rejects = true, rejects_limit = {REJECTS_LIMIT})"
    )
