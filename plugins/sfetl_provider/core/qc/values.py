"""One DuckDB scan over a file: records per date, missing values, what rules count, and DuckDB's count of rows.

Memory is bounded by `qc.memory_mib`; what does not fit goes to the scratch folder. Source of the options:
duckdb.org/docs/data/csv/overview and duckdb.org/docs/data/csv/reading_faulty_csv_files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb

from sfetl_provider.core.config.file_model import FormatConfig
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.date_format import strptime_format
from sfetl_provider.core.errors import ConfigError
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.qc.date_tally import DateTally
from sfetl_provider.core.qc.day_scan import day_aggregates, day_of, outside_statement
from sfetl_provider.core.qc.fewer_threads import within_memory
from sfetl_provider.core.qc.profile_scan import ProfileScan
from sfetl_provider.core.qc.record_block import SAMPLE_CHARACTERS
from sfetl_provider.core.qc.record_limit import RECORD_LIMIT_BYTES
from sfetl_provider.core.qc.report import BadLine, DateCounts
from sfetl_provider.core.qc.rider import Found, Rider, Riders
from sfetl_provider.core.qc.rule_samples import numbers_statement
from sfetl_provider.core.qc.rule_scan import RuleScan
from sfetl_provider.core.qc.shared_columns import SharedColumns, other_markers
from sfetl_provider.core.qc.target_scan import TargetScan
from sfetl_provider.core.qc.text_feed import TextFeed
from sfetl_provider.core.tsv.compressed import DamagedSourceError

if TYPE_CHECKING:
    from sfetl_provider.core.qc.expectation_scan import ExpectationScan

ROWS_AT_ONCE = 10_000
BEGINNING_RECORDS = 200_000
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
    """A file's text, how many records of it to skip, and perhaps a file of the first ones without those."""

    text: TextFeed
    header_records: int
    first_records: Path | None = None


class _Table(NamedTuple):
    """What a statement gave."""

    names: list[str]
    rows: list[tuple[Any, ...]]


class ValueScan:
    """The scan of one file; the queries block, `interrupt` may be called by another thread to end them.

    Close it.
    """

    def __init__(self, source: ScannedFile, config: FeedConfig, month: Month, scratch: Path) -> None:
        self._source = source
        self._config = config
        self._month = month
        self._shared = SharedColumns()
        self._day = day_of(config, self._shared)
        self._rules = RuleScan(config, month, self._shared)
        self._profile = None if config.qc.profile == "off" else ProfileScan(config, self._shared)
        self._expectations = _expectations(config, self._shared)
        profiles: list[Rider] = [self._profile] if self._profile else []
        self._riders = Riders([self._rules, TargetScan(config), *self._expectations, *profiles])
        self._connection = duckdb.connect(
            config={
                "memory_limit": f"{config.qc.memory_mib}MiB",
                "temp_directory": str(scratch),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            }
        )
        # To count different values beside other totals, DuckDB 2.0 would first write all records to the scratch.
        self._connection.execute("SET disabled_optimizers = 'distinct_aggregate_rewrite'")
        (self._threads,) = self._connection.sql("SELECT current_setting('threads')").fetchall()[0]

    def interrupt(self) -> None:
        """End a running query; it raises duckdb.InterruptException in its thread."""
        # A query that waits for text does not notice an interruption.
        self._source.text.close()
        self._connection.interrupt()

    def close(self) -> None:
        """Give memory and files back."""
        self._connection.close()

    def run(self) -> Values | None:
        """Read the file; None when DuckDB cannot make sense of it.

        Reads it again for what riders ask more, as when values are suspected not to fit the target's columns.
        Raises ConfigError when a rule cannot be computed, duckdb.Error for anything else but the file's content.
        """
        try:
            return self._run()
        except DamagedSourceError:
            return None  # the pass over the bytes meets it too, and tells of it
        finally:
            self._source.text.give_up()

    def _run(self) -> Values | None:
        self._try_rules()
        self._look_ahead()
        required = required_columns(self._config)
        try:
            self._read(scan_statement(self._config, self._day, self._riders.aggregates, self._reading()))
            rejects = self._rejects()
        except duckdb.InvalidInputException:
            return None
        ((rows, dated, days, *values),) = self._execute("SELECT * FROM found").fetchall()
        return Values(
            rows=rows,
            dates=self._dates(days or {}, dated, rows),
            nulls={name: missing or 0 for name, missing in zip(required, values, strict=False)},
            rejects=rejects,
            found=self._riders.counts(values[len(required) :], self._reading(), self._ask),
        )

    def broken(self, values: Values) -> dict[str, str]:
        """Give the conditions whose records are to be quoted, by key."""
        return self._riders.broken(values.found)

    def first_numbers(self, conditions: Mapping[str, str], limit: int) -> dict[str, list[int]]:
        """Give the numbers of the first records that meet each condition.

        Reads the beginning of the file once more, and all of it for conditions that few records meet.
        """
        found = self._numbers(conditions, limit, f" LIMIT {BEGINNING_RECORDS}")
        rare = {key: condition for key, condition in conditions.items() if len(found[key]) < limit}
        return {**found, **self._numbers(rare, limit)} if rare else found

    def _numbers(self, conditions: Mapping[str, str], limit: int, part: str = "") -> dict[str, list[int]]:
        statement = numbers_statement(list(conditions.values()), self._reading() + part, limit)
        (found,) = self._read(statement).rows
        return {key: numbers or [] for key, numbers in zip(conditions, found, strict=True)}

    def with_samples(self, values: Values, samples: Mapping[str, tuple[BadLine, ...]]) -> Values:
        """Put quoted records into what was found, by the keys of `broken`."""
        return replace(values, found=self._riders.with_samples(values.found, samples))

    def with_record_sample(self, values: Values, sample: Path) -> Values:
        """Complete the profile by what a sample of the file's good records tells; it lies in a file of its own."""
        if self._profile is None:
            return values

        def query(statement: str) -> list[tuple[Any, ...]]:
            place = {"path": str(sample), "skip": 0}
            return self._within_memory(partial(self._table, statement, place)).rows

        found = self._profile.with_sample(values.found[self._profile.field], self._reading(), query)
        return replace(values, found={**values.found, self._profile.field: found})

    def _try_rules(self) -> None:
        texts = ", ".join(f"NULL::VARCHAR AS c{index}" for index in range(len(self._config.columns)))
        no_records = self._shared.over(f"(SELECT {texts})")
        tried = [
            (f"Rule {rule.config.name}", "qc.rules of the feed", self._rules.computed(rule))
            for rule in self._rules.rules
        ]
        for rider in self._expectations:
            tried += [(name, "the feed's suite", sql) for name, sql in rider.tried()]
        for name, place, computed in tried:
            try:
                self._execute(f"SELECT {computed} FROM {no_records} WHERE false").fetchall()
            except duckdb.Error as error:
                raise ConfigError(
                    f"{name} cannot be computed: {error}",
                    safe="The file was not read and nothing was published.",
                    next_step=f"Correct {place}, then clear this run's tasks from plan on.",
                ) from error

    def _look_ahead(self) -> None:
        """See from the first records which kinds columns cannot have, and which have few values: it saves time."""
        if self._profile is None or self._source.first_records is None:
            return
        records = self._shared.over(reading(len(self._config.columns), "ignore_errors = true"))
        statement = f"SELECT {', '.join(self._profile.tried)} FROM {records}"
        try:
            (counts,) = self._table(statement, {"path": str(self._source.first_records), "skip": 0}).rows
        except duckdb.Error:
            return  # then all kinds are tried, and the scan tells what is wrong
        self._profile.look_ahead(counts)

    def _ask(self, statement: str) -> dict[str, Any]:
        names, (values,) = self._read(statement)
        return dict(zip(names, values, strict=True))

    def _dates(self, counted: Mapping[date, int], dated: int, rows: int) -> DateCounts:
        """Tally the dates; those outside the month are looked for in a pass of their own, once there are some."""
        tally = DateTally(self._month)
        inside = {day: counted[day] for day in self._month.days() if counted.get(day)}
        for day, count in inside.items():
            tally.add(day, count)
        tally.add(None, rows - dated)
        if dated > sum(inside.values()):
            self._read(outside_statement(self._day, self._reading()))
            days = self._execute("SELECT day, records FROM outside")
            while some := days.fetchmany(ROWS_AT_ONCE):
                for day, count in some:
                    tally.add(day, count)
        return tally.counts()

    def _read(self, statement: str) -> _Table:
        """Run a statement that reads the file, again with fewer threads when memory does not suffice."""
        return self._within_memory(partial(self._read_once, statement))

    def _within_memory(self, run: Callable[[], _Table]) -> _Table:
        answer, self._threads = within_memory(self._connection, run, self._threads)
        return answer

    def _read_once(self, statement: str) -> _Table:
        with self._source.text.readable() as path:
            return self._table(statement, {"path": str(path)})

    def _table(self, statement: str, more: Mapping[str, Any]) -> _Table:
        result = self._execute(statement, more)
        return _Table([column[0] for column in result.description or ()], result.fetchall())

    def _execute(self, statement: str, more: Mapping[str, Any] | None = None) -> duckdb.DuckDBPyConnection:
        binds = {**self._binds(), **self._riders.binds, **(more or {})}
        used = set(_BIND.findall(statement))
        return self._connection.execute(statement, {name: binds[name] for name in used})

    def _reading(self) -> str:
        return self._shared.over(reading(len(self._config.columns)))

    def _binds(self) -> dict[str, Any]:
        return {
            **reading_binds(self._source.header_records, self._config.format),
            "date_format": strptime_format(self._config.date_format),
            "days": self._month.days(),
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


def _expectations(config: FeedConfig, shared: SharedColumns) -> list[ExpectationScan]:
    if config.suite is None:
        return []
    # Imported late: a third of a second, which feeds without a suite do not need.
    from sfetl_provider.core.qc.expectation_scan import ExpectationScan

    return [ExpectationScan(config, shared)]


def required_columns(config: FeedConfig) -> tuple[str, ...]:
    """Give the names of the columns that must have a value in each record."""
    return tuple(column.name for column in config.columns if not column.nullable)


def scan_statement(config: FeedConfig, day: str, more: Sequence[str], records: str) -> str:
    """Write the scan: rows, dated ones, those of each day, each required column's missing values, and `more`.

    They come as the one row of table `found`.
    """
    markers = config.format.null_markers
    missing = [
        f"count_if({is_missing(f'c{index}', markers)})"
        for index, column in enumerate(config.columns)
        if not column.nullable
    ]
    computed = ["count(*)", *day_aggregates(day), *missing, *more]
    values = ", ".join(f"{sql} AS n{at}" for at, sql in enumerate(computed))
    return f"CREATE OR REPLACE TEMP TABLE found AS SELECT {values} FROM {records}"


def is_missing(column: str, null_markers: tuple[str, ...]) -> str:
    """Write the condition that a column of a record has no value; it may bind `markers`."""
    found = f" OR list_contains($markers, {column})" if other_markers(null_markers) else ""
    return f"{column} IS NULL{found}"


def reading(columns: int, faulty: str = f"store_rejects = true, rejects_limit = {REJECTS_LIMIT}") -> str:
    """Write the table function that reads the file's records as texts c0, c1, …; `faulty`: what of faulty ones."""
    # DuckDB's strict parser fails on sound files: lines that end now with and now without a carriage return,
    # quoted newlines of the other kind. What the lenient one lets pass is found by the pass over the bytes.
    types = ", ".join(f"'c{index}': 'VARCHAR'" for index in range(columns))
    return (
        "read_csv($path, auto_detect = false, all_varchar = true, header = false, skip = $skip,"
        f" columns = {{{types}}}, delim = $delimiter, quote = $quote, escape = $quote, compression = 'none',"
        " null_padding = false, strict_mode = false, parallel = $parallel,"
        f" max_line_size = {RECORD_LIMIT_BYTES}, buffer_size = {BUFFER_BYTES},"
        f" {faulty})"
    )


def reading_binds(header_records: int, text_format: FormatConfig) -> dict[str, Any]:
    """Give the values that `reading` and `is_missing` bind, by name; all but the path."""
    return {
        "delimiter": text_format.delimiter,
        "quote": text_format.quote or "",
        # Where a part of a file begins, DuckDB guesses whether it is within quotes, and may guess wrong.
        "parallel": text_format.quote is None,
        "skip": header_records,
        "markers": list(text_format.null_markers),
    }
