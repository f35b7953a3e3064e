"""Checking one file in one pass."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import ReconciliationError
from sfetl_provider.core.events import Listener, ignore_events
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.month_plan import SourceFile
from sfetl_provider.core.qc.beginning import Beginning, read_beginning
from sfetl_provider.core.qc.date_tally import DateTally
from sfetl_provider.core.qc.reading import Reading
from sfetl_provider.core.qc.report import BadLine, QcReport
from sfetl_provider.core.qc.structure import Shape, Structure
from sfetl_provider.core.qc.values import Values, required_columns
from sfetl_provider.core.tsv.fingerprint import fingerprint
from sfetl_provider.core.tsv.source import changed_while_read

_SAFE = "Nothing of it was published."


def scan_file(
    source: SourceFile,
    config: FeedConfig,
    month: Month,
    scratch: Path,
    listener: Listener = ignore_events,
) -> QcReport:
    """Read a file once and report its records, bad lines, header, missing values, dates and the feed's rules.

    Two readers run side by side: DuckDB for the values (`qc.memory_mib` of memory, all cores) and one pass
    over the bytes for the structure (about 60 MiB). A record ends with a newline outside quotes; empty ones
    are counted apart. With bad lines present, dates, missing values and rules cover what DuckDB could read. A
    rule that records break costs another pass, which quotes some.

    A file that is empty, compressed or binary gives a report that the gate refuses. Raises SourceFileError
    when the file cannot be read or changes meanwhile, ReconciliationError when the readers disagree about a
    file without bad lines, ScratchSpaceError when memory or scratch do not suffice. Leaves nothing behind.
    """
    started = perf_counter()
    before = fingerprint(source.path)
    beginning = read_beginning(Path(source.path), config)
    structure = Structure(_shape(config), config.qc.sample_limit, lines=beginning.header_lines)
    values: Values | None = None
    if beginning.kind:
        _note_foreign(structure, beginning.kind)
    elif beginning.start < beginning.size_bytes:
        values = Reading(source, config, month, beginning, listener).run(structure, scratch)
    if fingerprint(source.path) != before:
        raise changed_while_read(source.path, stage="qc", safe=_SAFE)
    counts = reconcile(source, structure, values or _no_values(config, month), bool(beginning.header_faults))
    return _report(source, beginning, counts, _Pass(before, perf_counter() - started))


class _Pass(NamedTuple):
    """Which content was read, and for how long."""

    fingerprint: str
    seconds: float


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
    return Shape(
        len(config.columns), delimiter, config.format.quote.encode() if config.format.quote else None
    )


def _note_foreign(structure: Structure, kind: str) -> None:
    structure.records = structure.bad_records = 1
    reason = f"the file is {kind}, not delimited UTF-8 text"
    structure.bad_lines.append(BadLine(line=1, byte_offset=0, reason=reason, sample=""))


def _no_values(config: FeedConfig, month: Month) -> Values:
    return Values(0, DateTally(month).counts(), dict.fromkeys(required_columns(config), 0), ())


def reconcile(
    source: SourceFile, structure: Structure, values: Values, has_header_faults: bool = False
) -> Counts:
    """Hold DuckDB's rows against the records found in the bytes.

    What DuckDB alone rejects counts as bad; a difference that it does not explain is an error. Once there are
    bad records, or a header that is none, the two may differ, as DuckDB reads some of them. In a file of one
    column DuckDB makes rows of some empty lines, so there only the dated rows are compared; the rest counts
    as undated, and missing values are not counted apart.
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


def _report(source: SourceFile, beginning: Beginning, counts: Counts, made: _Pass) -> QcReport:
    return QcReport(
        file=source.name,
        fingerprint=made.fingerprint,
        size_bytes=beginning.size_bytes,
        records=beginning.header_records + counts.structure.records,
        header_records=beginning.header_records,
        empty_records=counts.structure.empty_records,
        bad_records=counts.bad_records,
        good_records=counts.good_records,
        bad_lines=tuple(counts.bad_lines),
        header_faults=beginning.header_faults,
        nulls=counts.values.nulls if counts.structure.shape.columns > 1 else {},
        dates=counts.values.dates.model_copy(update={"undated": _undated(counts)}),
        seconds=round(made.seconds, 3),
        rules=counts.values.rules,
    )


def _undated(counts: Counts) -> int:
    if counts.structure.shape.columns == 1:
        return max(0, counts.good_records - counts.values.dated_rows)
    return counts.values.dates.undated
