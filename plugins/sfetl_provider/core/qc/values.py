"""One DuckDB scan over a file: records per date, missing values, what rules count, and DuckDB's count of rows.

Memory is bounded by `qc.memory_mib`; what does not fit goes to the scratch folder. Source of the options:
duckdb.org/docs/data/csv/overview and duckdb.org/docs/data/csv/reading_faulty_csv_files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import add
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.date_format import strptime_format
from sfetl_provider.core.errors import ConfigError
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.date_tally import DateTally
from sfetl_provider.core.qc.report import BadLine, DateCounts
from sfetl_provider.core.qc.rider import Found, Riders
from sfetl_provider.core.qc.rule_samples import numbers_statement
from sfetl_provider.core.qc.rule_scan import RuleScan
from sfetl_provider.core.qc.structure import RECORD_LIMIT_BYTES, SAMPLE_CHARACTERS

ROWS_AT_ONCE = 10_000
_JOINTS: dict[str, Callable[[Any, Any], Any]] = {"sum": add, "min": min, "max": max}
_BIND = re.compile(r"\$(\w+)")
REJECTS_LIMIT = 10_000
# DuckDB's own choice, 16 times the longest line, takes all of the memory limit. With a buffer that is no whole
# multiple of that line, DuckDB 2.0 loses records beside long ones.
BUFFER_BYTES = 2 * RECORD_LIMIT_BYTES


@dataclass(frozen=True)
class Values:
    """What DuckDB read: rows, rows per date, missing values per required column, what each rider found."""

    rows: int
    dates: DateCounts
    nulls: dict[str, int]
    rejects: tuple[BadLine, ...]
    found: Mapping[str, Found] = field(default_factory=dict)

    @property
    def dated_rows(self) -> int:
        """Rows with a readable date."""
        return sum(self.dates.inside.values()) + self.dates.outside


class ScannedFile(NamedTuple):
    """A path without wildcards, and how many records to skip."""

    path: Path
    header_records: int


class Totals:
    """Values of groups of rows, joined as they come; None until there is one."""

    def __init__(self, joints: Sequence[str]) -> None:
        self.values: list[Any] = [None] * len(joints)
        self._joints = [_JOINTS[joint] for joint in joints]

    def add(self, values: Sequence[Any]) -> None:
        """Join the values of another group."""
        pairs = zip(self._joints, self.values, values, strict=True)
        self.values = [
            old if new is None else new if old is None else joint(old, new) for joint, old, new in pairs
        ]


class ValueScan:
    """The scan of one file; the queries block, `interrupt` may be called by another thread to end them.

    Close it.
    """

    def __init__(self, source: ScannedFile, config: FeedConfig, month: Month, scratch: Path) -> None:
        self._source = source
        self._config = config
        self._month = month
        self._rules = RuleScan(config, month)
        self._riders = Riders([self._rules])
        self._connection = duckdb.connect(
            config={
                "memory_limit": f"{config.qc.memory_mib}MiB",
                "temp_directory": str(scratch),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )

    def interrupt(self) -> None:
        """End a running query; it raises duckdb.InterruptException in its thread."""
        self._connection.interrupt()

    def close(self) -> None:
        """Give memory and files back."""
        self._connection.close()

    def run(self) -> Values | None:
        """Read the file; None when DuckDB cannot make sense of it.

        Reads it a second time when a rider needs all records together, as a rule with a median does.
        Raises ConfigError when a rule cannot be computed, duckdb.Error for anything else but the file's content.
        """
        self._try_rules()
        dates, totals = DateTally(self._month), Totals(self._joints())
        try:
            result = self._execute(scan_statement(self._config, self._riders.shared))
            while found := result.fetchmany(ROWS_AT_ONCE):
                for day, *values in found:
                    dates.add(day, values[0])
                    totals.add(values)
            rejects = self._rejects()
            whole = self._whole_values()
        except duckdb.InvalidInputException:
            return None
        required = required_columns(self._config)
        rows, *nulls = (value or 0 for value in totals.values[: len(required) + 1])
        return Values(
            rows=rows,
            dates=dates.counts(),
            nulls=dict(zip(required, nulls, strict=True)),
            rejects=rejects,
            found=self._riders.counts(totals.values[len(required) + 1 :], whole),
        )

    def broken(self, values: Values) -> dict[str, str]:
        """Give the conditions whose records are to be quoted, by key."""
        return self._riders.broken(values.found)

    def first_numbers(self, conditions: Mapping[str, str], limit: int) -> dict[str, list[int]]:
        """Give the numbers of the first records that meet each condition; reads the file once more."""
        statement = numbers_statement(list(conditions.values()), self._reading(), limit)
        (found,) = self._execute(statement).fetchall()
        return {key: numbers or [] for key, numbers in zip(conditions, found, strict=True)}

    def with_samples(self, values: Values, samples: Mapping[str, tuple[BadLine, ...]]) -> Values:
        """Put quoted records into what was found, by the keys of `broken`."""
        return replace(values, found=self._riders.with_samples(values.found, samples))

    def _joints(self) -> list[str]:
        counted = 1 + len(required_columns(self._config))
        return [*["sum"] * counted, *self._riders.shared.values()]

    def _try_rules(self) -> None:
        texts = ", ".join(f"NULL::VARCHAR AS c{index}" for index in range(len(self._config.columns)))
        for rule in self._rules.rules:
            try:
                self._execute(
                    f"SELECT {self._rules.computed(rule)} FROM (SELECT {texts}) WHERE false"
                ).fetchall()
            except duckdb.Error as error:
                raise ConfigError(
                    f"Rule {rule.config.name} cannot be computed: {error}",
                    safe="The file was not read and nothing was published.",
                    next_step="Correct qc.rules of the feed, then clear this run's tasks from plan on.",
                ) from error

    def _whole_values(self) -> tuple[Any, ...]:
        if not self._riders.whole:
            return ()
        found = self._execute(f"SELECT {', '.join(self._riders.whole)} FROM {self._reading()}").fetchall()
        return tuple(found[0])

    def _execute(self, statement: str) -> duckdb.DuckDBPyConnection:
        binds = {**self._binds(), **self._riders.binds}
        used = set(_BIND.findall(statement))
        return self._connection.execute(statement, {name: binds[name] for name in used})

    def _reading(self) -> str:
        return reading(len(self._config.columns))

    def _binds(self) -> dict[str, Any]:
        return {
            **reading_binds(self._source, self._config),
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


def scan_statement(config: FeedConfig, more: Mapping[str, str] | None = None) -> str:
    """Write the query: per date its rows, for each required column its missing values, and `more`.

    `more` maps aggregates to the function that joins those of two groups. Texts of a date column are few, so they
    are counted before they are parsed; timestamps are parsed row by row, as there may be as many of them as rows.
    """
    dated = f"c{config.column_names.index(config.date.column)}"
    parsed = "try_strptime({}, $date_format)::DATE"
    is_date = config.date.type == "date"
    missing = [
        f"count(*) FILTER (WHERE {is_missing(f'c{index}')})"
        for index, column in enumerate(config.columns)
        if not column.nullable
    ]
    joined = [*((count, "sum") for count in ("count(*)", *missing)), *(more or {}).items()]
    counts = ", ".join(f"{count} AS n{at}" for at, (count, _) in enumerate(joined))
    text = f"CASE WHEN NOT ({is_missing(dated)}) THEN {dated} END"
    sums = ", ".join(f"{joint}(n{at})" for at, (_, joint) in enumerate(joined))
    return (
        f"SELECT {parsed.format('day') if is_date else 'day'}, {sums} FROM ("
        f"SELECT {text if is_date else parsed.format(text)} AS day, {counts}"
        f" FROM {reading(len(config.columns))} GROUP BY day) GROUP BY 1"
    )


def is_missing(column: str) -> str:
    """Write the condition that a column of a record has no value; it binds `markers`."""
    return f"{column} IS NULL OR list_contains($markers, {column})"


def reading(columns: int) -> str:
    """Write the table function that reads the file's records as texts c0, c1, …"""
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


def reading_binds(source: ScannedFile, config: FeedConfig) -> dict[str, Any]:
    """Give the values that `reading` and `is_missing` bind, by name."""
    text_format = config.format
    return {
        "path": str(source.path),
        "delimiter": text_format.delimiter,
        "quote": text_format.quote or "",
        # Where a part of a file begins, DuckDB guesses whether it is within quotes, and may guess wrong.
        "parallel": text_format.quote is None,
        "skip": source.header_records,
        "markers": list(text_format.null_markers),
    }
