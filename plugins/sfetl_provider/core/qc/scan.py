"""Checking one file in one pass."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import duckdb

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import ConfigError, ReconciliationError, ScratchSpaceError
from sfetl_provider.core.events import Listener, Progress, ignore_events
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.month_plan import SourceFile
from sfetl_provider.core.qc.beginning import Beginning, read_beginning
from sfetl_provider.core.qc.report import BadLine, DateCounts, QcReport
from sfetl_provider.core.qc.structure import Shape, Structure, record_blocks
from sfetl_provider.core.qc.values import Values, ValueScan, required_columns
from sfetl_provider.core.tsv.date_format import strptime_format
from sfetl_provider.core.tsv.fingerprint import fingerprint
from sfetl_provider.core.tsv.source import changed_while_read, open_source

PROGRESS_BYTES = 64 * 1024 * 1024
_SAFE = "Nothing of it was published."


def scan_file(
    source: SourceFile,
    config: FeedConfig,
    month: Month,
    scratch: Path,
    listener: Listener = ignore_events,
) -> QcReport:
    """Read a file once and report its records, bad lines, header, missing values and dates.

    Two readers run side by side: DuckDB for the values (`qc.memory_mib` of memory, all cores) and one pass
    over the bytes for the structure (about 60 MiB). A record ends with a newline outside quotes; empty ones
    are counted apart. With bad lines present, dates and missing values cover what DuckDB could read.

    A file that is empty, compressed or binary gives a report that the gate refuses. Raises SourceFileError
    when the file cannot be read or changes meanwhile, ReconciliationError when the readers disagree about a
    file without bad lines, ConfigError when date format or delimiter cannot be used, ScratchSpaceError when
    memory or scratch do not suffice. Leaves nothing behind.
    """
    started = perf_counter()
    before = fingerprint(source.path)
    beginning = read_beginning(Path(source.path), config)
    _check_date_format(config)
    structure = Structure(_shape(config), config.qc.sample_limit, lines=beginning.header_lines)
    values: Values | None = None
    if beginning.kind:
        _note_foreign(structure, beginning.kind)
    elif beginning.start < beginning.size_bytes:
        with _scratch_folder(scratch) as folder:
            values = _read(source, config, beginning, structure, folder, listener)
    if fingerprint(source.path) != before:
        raise changed_while_read(source.path, stage="qc", safe=_SAFE)
    counts = reconcile(source, structure, values or _no_values(config), bool(beginning.header_faults))
    return _report(source, month, beginning, counts, perf_counter() - started)


class Counts:
    """What both readers agree on."""

    def __init__(self, structure: Structure, values: Values, bad_records: int, lines: list[BadLine]) -> None:
        self.structure = structure
        self.values = values
        self.bad_records = bad_records
        self.bad_lines = lines
        self.good_records = structure.records - structure.empty_records - bad_records


def _shape(config: FeedConfig) -> Shape:
    delimiter = config.format.delimiter.encode()
    if len(delimiter) > 1:
        raise ConfigError(
            f"The delimiter {config.format.delimiter!r} is not an ASCII character.",
            safe=_SAFE,
            next_step="Correct format.delimiter of the feed.",
        )
    return Shape(
        len(config.columns), delimiter, config.format.quote.encode() if config.format.quote else None
    )


def _check_date_format(config: FeedConfig) -> None:
    try:
        strptime_format(config.date_format)
    except ValueError as error:
        raise ConfigError(
            f"The format of the date column cannot be read: {error}.",
            safe=_SAFE,
            next_step=f"Correct format.{config.date.type}_format of the feed.",
        ) from error


def _note_foreign(structure: Structure, kind: str) -> None:
    structure.records = structure.bad_records = 1
    reason = f"the file is {kind}, not delimited UTF-8 text"
    structure.bad_lines.append(BadLine(line=1, byte_offset=0, reason=reason, sample=""))


@contextmanager
def _scratch_folder(scratch: Path) -> Iterator[Path]:
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix="qc-", dir=scratch)
    except OSError as error:
        raise ScratchSpaceError(
            f"The scratch folder {scratch} cannot be used: {error.strerror or error}.",
            safe=_SAFE,
            next_step="Make room there or let the worker's user write to it, then clear this task.",
            stage="qc",
        ) from error
    with folder as name:
        yield Path(name)


def _read(
    source: SourceFile,
    config: FeedConfig,
    beginning: Beginning,
    structure: Structure,
    folder: Path,
    listener: Listener,
) -> Values | None:
    # DuckDB takes brackets and stars in a path for wildcards; the link's name has none.
    link = folder / "source"
    link.symlink_to(Path(source.path).absolute())
    scan = ValueScan(link, beginning.header_records, config, folder)
    with ThreadPoolExecutor(1, thread_name_prefix="qc-values") as executor:
        try:
            future = executor.submit(scan.run)
            _read_structure(source, beginning, structure, listener)
            return future.result()
        except duckdb.Error as error:
            raise out_of_resources(source, config, error) from error
        finally:
            scan.interrupt()
            executor.shutdown()
            scan.close()


def _read_structure(
    source: SourceFile, beginning: Beginning, structure: Structure, listener: Listener
) -> None:
    reported = 0
    with open_source(Path(source.path)) as file:
        for block in record_blocks(file, beginning.start, structure.shape):
            structure.add(block)
            done = min(block.offset + len(block.content), beginning.size_bytes)
            if done - reported >= PROGRESS_BYTES or done == beginning.size_bytes:
                reported = done
                listener(Progress("qc", source.name, done, beginning.size_bytes, "bytes"))


def out_of_resources(source: SourceFile, config: FeedConfig, error: duckdb.Error) -> ScratchSpaceError:
    return ScratchSpaceError(
        f"QC of {source.name} stopped: {error}",
        safe=_SAFE,
        next_step=f"Give it more than qc.memory_mib = {config.qc.memory_mib} or more room in the scratch "
        "folder, then clear this task.",
        stage="qc",
    )


def _no_values(config: FeedConfig) -> Values:
    return Values(0, {}, dict.fromkeys(required_columns(config), 0), ())


def reconcile(
    source: SourceFile, structure: Structure, values: Values, has_header_faults: bool = False
) -> Counts:
    """Hold DuckDB's rows against the records found in the bytes.

    What DuckDB alone rejects counts as bad; a difference that it does not explain is an error. Once there are
    bad records, or a header that is none, the two may differ, as DuckDB reads some of them. In a file of one column DuckDB makes rows of some
    empty lines, so there only the dated rows are compared, and the rest counts as undated.
    """
    good = structure.records - structure.empty_records - structure.bad_records
    rows = values.rows if structure.shape.columns > 1 else max(good, values.dated_rows)
    if structure.bad_records or has_header_faults or rows == good:
        return Counts(structure, values, structure.bad_records, structure.bad_lines)
    if values.rejects and rows < good:
        return Counts(structure, values, good - rows, list(values.rejects[: structure.sample_limit]))
    raise ReconciliationError(
        f"{source.name} holds {good:,} records by its bytes, but {rows:,} were read from it.",
        safe=_SAFE,
        next_step="Look for quotes and carriage returns in the file; if it is sound, report this as a defect.",
        stage="qc",
    )


def _report(
    source: SourceFile, month: Month, beginning: Beginning, counts: Counts, seconds: float
) -> QcReport:
    dates = _date_counts(counts, month)
    is_single = counts.structure.shape.columns == 1
    nulls = {
        name: min(missing, dates.undated) if is_single else missing
        for name, missing in counts.values.nulls.items()
    }
    return QcReport(
        file=source.name,
        size_bytes=beginning.size_bytes,
        records=beginning.header_records + counts.structure.records,
        header_records=beginning.header_records,
        empty_records=counts.structure.empty_records,
        bad_records=counts.bad_records,
        good_records=counts.good_records,
        bad_lines=tuple(counts.bad_lines),
        header_faults=beginning.header_faults,
        nulls=nulls,
        dates=dates,
        seconds=round(seconds, 3),
    )


def _date_counts(counts: Counts, month: Month) -> DateCounts:
    dated = {day: rows for day, rows in counts.values.dates.items() if day is not None}
    inside = {day: n for day, n in sorted(dated.items()) if month.first_day <= day < month.next_first_day}
    outside = {day: n for day, n in dated.items() if day not in inside}
    return DateCounts(
        inside=inside,
        outside=sum(outside.values()),
        outside_first=min(outside, default=None),
        outside_last=max(outside, default=None),
        undated=_undated(counts),
    )


def _undated(counts: Counts) -> int:
    if counts.structure.shape.columns == 1:
        return max(0, counts.good_records - counts.values.dated_rows)
    return counts.values.dates.get(None, 0)
