"""Comparing two sides: files, or files and a table's month."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import duckdb

from sfetl_provider.core.compare.comparison import Comparison, Side
from sfetl_provider.core.compare.difference_list import samples, write_differences
from sfetl_provider.core.compare.lines import LINES_TABLE, find_lines
from sfetl_provider.core.compare.matching import SIDES, ComparedColumn, Matching, Relation, SideName
from sfetl_provider.core.compare.table_month import TableMonth, fetch_rows
from sfetl_provider.core.compare.text_file import SAFE, TextFile, look_at_file
from sfetl_provider.core.compare.value_form import TEXT, NotComparableError, ValueForm, form_of, format_binds
from sfetl_provider.core.compare.workspace import Workspace, open_workspace
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import ConfigError, ReconciliationError, SourceFileError
from sfetl_provider.core.events import Listener, Progress, ignore_events
from sfetl_provider.core.plan.month_plan import SourceFile
from sfetl_provider.core.qc.record_block import record_blocks
from sfetl_provider.core.qc.structure import Structure
from sfetl_provider.core.qc.text_feed import TextFeed
from sfetl_provider.core.tsv.fingerprint import fingerprint
from sfetl_provider.core.tsv.source import changed_while_read
from sfetl_provider.core.tsv.text_file import SourceText

PROGRESS_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class CompareJob:
    """What to compare and how: without a key the whole row is the key; `ignored` columns are left out.

    At most `sample_limit` differences of each kind are quoted; `differences` is a file for all of them.
    """

    config: FeedConfig
    scratch: Path
    key: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    sample_limit: int = 10
    differences: Path | None = None


@dataclass
class _Reading:
    """One file of a side and what its readers counted."""

    side: SideName
    number: int
    file: TextFile
    rows: int = 0
    bad_records: int = 0
    empty_records: int = 0
    rejected: set[int] = field(default_factory=set)
    has_lines: bool = True


def compare(
    a: Sequence[SourceFile],
    b: Sequence[SourceFile] | TableMonth,
    job: CompareJob,
    listener: Listener = ignore_events,
) -> Comparison:
    """Compare two sides as multisets of rows.

    Memory: `qc.memory_mib` for DuckDB and about 60 MiB beside it. Scratch: about 50 bytes a row, the month's text
    where a table is compared, and the text of rows that differ; it is gone afterwards. Files are read once, those
    with differences three times. Raises SourceFileError when a file cannot be read or changes meanwhile,
    ConfigError when the columns do not fit, ScratchSpaceError, ReconciliationError when counts disagree.
    """
    started = perf_counter()
    sides = {"a": a, "b": [] if isinstance(b, TableMonth) else b}
    files = [
        _Reading(side, number, look_at_file(source, job.config))
        for side in SIDES
        for number, source in enumerate(sides[side])
    ]
    with open_workspace(job.scratch, job.config.qc.memory_mib) as workspace:
        table = b if isinstance(b, TableMonth) else None
        return _Run(workspace, job, files, table, listener).compare(started)


class _Run:
    """One comparison in its workspace."""

    def __init__(
        self,
        workspace: Workspace,
        job: CompareJob,
        files: list[_Reading],
        table: TableMonth | None,
        listener: Listener,
    ) -> None:
        self._workspace = workspace
        self._job = job
        self._files = files
        self._table = table
        self._listener = listener
        self._not_compared: dict[str, str] = {}
        self._matching = Matching(self._columns())
        self._table_rows = 0

    def compare(self, started: float) -> Comparison:
        self._hash_sides()
        self._workspace.run(self._matching.counts())
        (duplicates,) = self._workspace.run(self._matching.duplicates()).fetchall()
        self._workspace.run(self._matching.surplus())
        for name in ("hashes_a", "hashes_b", "counts"):
            self._workspace.run(f"DROP TABLE {name}")
        self._find_differences()
        (totals,) = self._workspace.run(self._matching.totals()).fetchall()
        names = self._names()
        if self._job.differences:
            write_differences(self._workspace, self._matching, names, self._job.differences)
        self._check_unchanged()
        side_a, side_b = self._side("a", duplicates[:3]), self._side("b", duplicates[3:])
        changed, only_a, only_b, *changes = totals
        same = side_a.rows - changed - only_a
        self._reconcile(same, side_b.rows - changed - only_b)
        columns = dict(zip(self._matching.changeable, changes, strict=True))
        return Comparison(
            feed=self._job.config.feed,
            month=str(self._table.month) if self._table else None,
            key=self._job.key,
            a=side_a,
            b=side_b,
            same=same,
            changed=changed,
            only_a=only_a,
            only_b=only_b,
            columns={name: count for name, count in columns.items() if count},
            ignored=self._job.ignored,
            not_compared=self._not_compared,
            samples=samples(self._workspace, self._matching, names, self._job.sample_limit),
            seconds=round(perf_counter() - started, 3),
        )

    def _columns(self) -> tuple[ComparedColumn, ...]:
        job = self._job
        unknown = [name for name in (*job.key, *job.ignored) if name not in job.config.column_names]
        if unknown:
            raise ConfigError(
                f"Feed {job.config.feed} has no column {', '.join(unknown)}.",
                safe=SAFE,
                next_step=f"Its columns are {', '.join(job.config.column_names)}.",
            )
        forms = {name: self._form(name) for name in job.config.column_names if name not in job.ignored}
        columns = tuple(
            ComparedColumn(name, name in job.key, form) for name, form in forms.items() if form is not None
        )
        missing = [name for name in job.key if name not in [column.name for column in columns]]
        if missing or not columns:
            reasons = [f"{name}: {reason}" for name, reason in self._not_compared.items()]
            raise ConfigError(
                f"Rows cannot be matched without {', '.join(missing) or 'any column'}."
                f" {'; '.join(reasons) or 'It is ignored'}.",
                safe=SAFE,
                next_step="Choose another key.",
            )
        return columns

    def _form(self, name: str) -> ValueForm | None:
        lacking = [reading.file.source.name for reading in self._files if name not in reading.file.columns]
        if lacking:
            self._not_compared[name] = f"{', '.join(lacking)} has no such column"
            return None
        if self._table is None:
            return TEXT
        if name in self._job.config.altered_columns:
            self._not_compared[name] = "the table holds it masked or computed"
            return None
        if name not in self._table.types:
            self._not_compared[name] = "the table has no such column"
            return None
        try:
            return form_of(self._table.types[name], self._job.config.format)
        except NotComparableError as error:
            self._not_compared[name] = str(error)
            return None

    def _hash_sides(self) -> None:
        for side in SIDES:
            self._workspace.run(self._matching.hash_table(side))
        for reading in self._files:
            self._read(reading)
        if self._table:
            columns = {column.name: column.form.fetched for column in self._matching.columns}
            self._table_rows = fetch_rows(self._table, columns, self._workspace, self._listener)
            self._workspace.run(self._matching.hash_rows(self._table_relation()), self._binds())

    def _read(self, reading: _Reading) -> None:
        """Let DuckDB hash a file's rows while a pass over its bytes counts its records."""
        structure = Structure(reading.file.shape, 0)
        if reading.file.beginning.has_body:
            with (
                closing(self._feed(reading)) as feed,
                ThreadPoolExecutor(1, thread_name_prefix="compare-bytes") as executor,
                feed.shared() as text,
            ):
                counting = executor.submit(self._count_records, reading.file, structure, text, feed)
                try:
                    self._hash_rows(reading, feed)
                except BaseException as error:
                    feed.close()
                    if isinstance(told := counting.exception(), SourceFileError):
                        raise told from error
                    raise
                counting.result()
        _reconcile_reading(reading, structure)

    def _hash_rows(self, reading: _Reading, feed: TextFeed) -> None:
        statement = self._matching.hash_rows(self._relation(reading))
        try:
            with feed.readable() as path:
                (counted,) = self._workspace.run(statement, self._binds(reading, path)).fetchall()
        except duckdb.InvalidInputException as error:
            raise SourceFileError(
                f"{reading.file.source.name} cannot be read: {error}",
                safe=SAFE,
                next_step="The command qc tells more about it.",
                stage="compare",
            ) from error
        reading.rows = int(counted[0])
        reading.rejected = self._rejected()

    def _count_records(self, file: TextFile, structure: Structure, text: SourceText, feed: TextFeed) -> None:
        size_bytes, reported = file.beginning.size_bytes, 0
        try:
            for block in record_blocks(text, file.beginning.start, file.shape):
                if feed.is_closed:
                    return
                structure.add(block)
                done = min(text.source_position, size_bytes)
                if done - reported >= PROGRESS_BYTES and done < size_bytes:
                    reported = done
                    self._listener(Progress("compare", file.source.name, done, size_bytes, "bytes"))
            if structure.is_stopped:
                raise _endless(file, structure)
            self._listener(Progress("compare", file.source.name, size_bytes, size_bytes, "bytes"))
        except BaseException:
            feed.close()  # or who shares the text waits for us
            raise

    def _feed(self, reading: _Reading) -> TextFeed:
        encoding = reading.file.text_format.encoding
        return TextFeed(Path(reading.file.source.path), self._workspace.folder, encoding)

    def _rejected(self) -> set[int]:
        latest = "(SELECT max(scan_id) FROM reject_scans)"
        lines = self._workspace.run(f"SELECT DISTINCT line FROM reject_errors WHERE scan_id = {latest}")
        return {int(line) for (line,) in lines.fetchall()}

    def _find_differences(self) -> None:
        (found,) = self._workspace.run(
            "SELECT count(*) FILTER (a > 0), count(*) FILTER (b > 0) FROM surplus"
        ).fetchall()
        for side in SIDES:
            self._workspace.run(self._matching.row_table(side))
        for reading in self._files:
            if found[SIDES.index(reading.side)] and reading.rows:
                statement = self._matching.keep_rows(self._relation(reading))
                with closing(self._feed(reading)) as feed, feed.readable() as path:
                    self._workspace.run(statement, self._binds(reading, path))
        if self._table and found[1]:
            self._workspace.run(self._matching.keep_rows(self._table_relation()), self._binds())
        for statement in self._matching.differences():
            self._workspace.run(statement)
        self._workspace.run(LINES_TABLE)
        for reading in self._files:
            if found[SIDES.index(reading.side)] and reading.has_lines:
                find_lines(self._workspace, reading.side, reading.number, reading.file, reading.rejected)

    def _relation(self, reading: _Reading) -> Relation:
        return Relation(reading.side, reading.number, reading.file.relation(), reading.file.text_of)

    def _table_relation(self) -> Relation:
        places = {column.name: f"f{at}" for at, column in enumerate(self._matching.columns)}
        return Relation("b", 0, "fetched", places.__getitem__, is_table=True)

    def _binds(self, reading: _Reading | None = None, path: Path = Path()) -> dict[str, Any]:
        formats = format_binds(self._job.config.format)
        return {**formats, **reading.file.binds(path)} if reading else {**formats}

    def _names(self) -> dict[SideName, list[str]]:
        named: dict[SideName, list[str]] = {
            side: [reading.file.source.name for reading in self._files if reading.side == side]
            for side in SIDES
        }
        return {**named, "b": [self._table.name]} if self._table else named

    def _check_unchanged(self) -> None:
        for reading in self._files:
            if fingerprint(reading.file.source.path) != reading.file.fingerprint:
                raise changed_while_read(reading.file.source.path, stage="compare", safe=SAFE)

    def _side(self, side: SideName, duplicates: Sequence[int]) -> Side:
        files = [reading for reading in self._files if reading.side == side]
        is_table = side == "b" and self._table is not None
        remarks = [
            f"{reading.file.source.name}: {remark}" for reading in files for remark in reading.file.remarks
        ]
        remarks += [
            f"{reading.file.source.name}: its bad records make line numbers uncertain; none are given"
            for reading in files
            if not reading.has_lines
        ]
        keys, rows, keyless = duplicates
        return Side(
            name=", ".join(self._names()[side]),
            rows=self._table_rows if is_table else sum(reading.rows for reading in files),
            bad_records=sum(reading.bad_records for reading in files),
            empty_records=sum(reading.empty_records for reading in files),
            duplicate_keys=keys,
            duplicate_rows=rows,
            keyless_rows=keyless,
            remarks=tuple(remarks),
        )

    def _reconcile(self, same_of_a: int, same_of_b: int) -> None:
        if same_of_a != same_of_b or same_of_a < 0:
            raise ReconciliationError(
                f"Of a, {same_of_a:,} rows would be the same, of b {same_of_b:,}.",
                safe=SAFE,
                next_step="Report this as a defect.",
                stage="compare",
            )


def _endless(file: TextFile, structure: Structure) -> SourceFileError:
    return SourceFileError(
        f"{file.source.name} cannot be compared: record {structure.records:,} is longer than 16 MiB.",
        safe=SAFE,
        next_step="Have its newlines and quotes corrected; the command qc tells more about it.",
        stage="compare",
    )


def _reconcile_reading(reading: _Reading, structure: Structure) -> None:
    """Hold DuckDB's rows against the records in the bytes; in one column it makes rows of some empty lines."""
    full = structure.records - structure.empty_records
    is_single = structure.shape.columns == 1
    unread = max(0, full - reading.rows)
    if not structure.bad_records and reading.rows > full and not is_single:
        raise ReconciliationError(
            f"{reading.file.source.name} holds {full:,} records by its bytes, but {reading.rows:,} were read.",
            safe=SAFE,
            next_step="Look for quotes and carriage returns in the file; the command qc tells more about it.",
            stage="compare",
        )
    reading.bad_records = max(structure.bad_records, unread)
    reading.empty_records = structure.empty_records
    reading.has_lines = reading.rows == full - len(reading.rejected)
