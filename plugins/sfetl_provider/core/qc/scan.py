"""Checking one file in one pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import ReconciliationError, SfetlError
from sfetl_provider.core.events import Listener, ignore_events
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.month_plan import SourceFile
from sfetl_provider.core.qc.beginning import Beginning, read_beginning
from sfetl_provider.core.qc.date_tally import DateTally
from sfetl_provider.core.qc.reading import Reading
from sfetl_provider.core.qc.record_block import Shape
from sfetl_provider.core.qc.record_limit import RECORD_LIMIT_BYTES
from sfetl_provider.core.qc.rejection import Checked, Rejection, open_rejection
from sfetl_provider.core.qc.rejects import RejectsWriter
from sfetl_provider.core.qc.report import BadLine, QcReport, RejectsFile, TextForm
from sfetl_provider.core.qc.structure import Sink, Structure
from sfetl_provider.core.qc.text_feed import BLOCK_BYTES
from sfetl_provider.core.qc.values import Values, required_columns
from sfetl_provider.core.qc.veil import veiled, veiled_sink
from sfetl_provider.core.text_encoding import EncodingName, bytes_before, to_utf8
from sfetl_provider.core.tsv.boundaries import record_end
from sfetl_provider.core.tsv.compressed import is_compressed
from sfetl_provider.core.tsv.file_hash import FileHash
from sfetl_provider.core.tsv.fingerprint import fingerprint
from sfetl_provider.core.tsv.source import changed_while_read
from sfetl_provider.core.tsv.text_file import open_text_file

_SAFE = "Nothing of it was published."


@dataclass(frozen=True)
class Places:
    """Where a scan may write: scratch folder, and the lists of bad lines and of what is left out, if wanted."""

    scratch: Path
    rejects: RejectsWriter | None = None
    left_out: Path | None = None


def scan_file(
    source: SourceFile,
    config: FeedConfig,
    month: Month,
    places: Places,
    listener: Listener = ignore_events,
) -> QcReport:
    """Read a file once and report its records, bad lines, header, missing values, dates and the feed's rules.

    Two readers run side by side: DuckDB for the values (`qc.memory_mib` of memory, all cores) and one pass
    over the bytes for the structure (about 60 MiB). A record ends with a newline outside quotes; empty ones
    are counted apart. With bad lines present, dates, missing values and rules cover what DuckDB could read; but
    within `qc.reject_limit`, when `places` takes the list of what is left out, exactly the good records, which
    costs another pass of DuckDB. A rule that records break costs another pass, which quotes some. Of a file that
    is staged in ranges the SHA-256 is computed beside it, at the cost of a `FileHash`.

    A compressed file (by its name) is decompressed in memory while it is read; lines and byte offsets are those of
    its text. Such a file that is damaged, and one that is empty, binary or compressed under another name, give a
    report that the gate refuses; a record above 16 MiB ends the reading.

    Raises SourceFileError when the file cannot be read or changes meanwhile, ReconciliationError when the readers
    disagree about a file without bad lines, ScratchSpaceError when memory or scratch do not suffice. Leaves
    nothing behind but the rows that it adds to `places.rejects`, and the list of what is left out.
    """
    started = perf_counter()
    before = fingerprint(source.path)
    beginning = read_beginning(Path(source.path), config)
    structure = _structure(source, config, beginning, places)
    listed_before = places.rejects.lines if places.rejects else 0
    values, sha256 = None, ""
    checked = Checked(before, beginning.header_records, _text_bytes(source, beginning))
    with open_rejection(places.left_out, config, checked) as rejection:
        structure.bad = rejection if rejection.is_wanted else None
        if beginning.refusal:
            structure.end_early(beginning.refusal)
            rejection.settle(structure)
        elif beginning.has_body:
            with _named_change(source, before), FileHash(_hashed_path(source)) as file_hash:
                reading = Reading(source, config, month, beginning, listener, rejection, file_hash)
                values = reading.run(structure, places.scratch)
                sha256 = file_hash.result() if values else ""
    _require_unchanged(source, before)
    found, is_sifted = values or _no_values(config, month), rejection.left_out is not None
    counts = reconcile(source, structure, found, bool(beginning.header_faults), is_sifted)
    rejects = _rejects_file(places.rejects, listed_before)
    made = _Pass(before, sha256, perf_counter() - started, rejects, rejection)
    return veiled(_report(source, beginning, counts, made), config)


def _text_bytes(source: SourceFile, beginning: Beginning) -> int | None:
    """Of a compressed file that is not known before it was read."""
    return None if is_compressed(source.path) else beginning.size_bytes


def _hashed_path(source: SourceFile) -> Path | None:
    """Of a file in ranges no other task reads all bytes in order; of others staging computes the hash."""
    return Path(source.path) if source.byte_range and not source.sha256 else None


@contextmanager
def _named_change(source: SourceFile, before: str) -> Iterator[None]:
    """Blame the file's change for what went wrong while it was read, when there was one."""
    try:
        yield
    except SfetlError:
        _require_unchanged(source, before)
        raise


def _require_unchanged(source: SourceFile, before: str) -> None:
    if fingerprint(source.path) != before:
        raise changed_while_read(source.path, stage="qc", safe=_SAFE)


def _structure(source: SourceFile, config: FeedConfig, beginning: Beginning, places: Places) -> Structure:
    return Structure(
        shape_of(config),
        config.qc.sample_limit,
        lines=beginning.header_lines,
        crlf_ends=beginning.form.crlf_ends,
        lf_ends=beginning.form.lf_ends,
        end_byte=beginning.start,
        is_last_newline_missing=beginning.form.is_last_newline_missing,
        sink=veiled_sink(_sink(places.rejects, source, config), config),
    )


def _sink(rejects: RejectsWriter | None, source: SourceFile, config: FeedConfig) -> Sink | None:
    return partial(rejects.add, source.name, encoding=config.format.encoding) if rejects else None


def _rejects_file(rejects: RejectsWriter | None, listed_before: int) -> RejectsFile | None:
    if rejects is None or rejects.lines == listed_before:
        return None
    return RejectsFile(path=str(rejects.path), lines=rejects.lines - listed_before)


class _Pass(NamedTuple):
    """Which content was read, for how long, and where its bad lines are listed."""

    fingerprint: str
    sha256: str
    seconds: float
    rejects: RejectsFile | None
    rejection: Rejection


class Counts:
    """What both readers agree on."""

    def __init__(self, structure: Structure, values: Values, bad_records: int, lines: list[BadLine]) -> None:
        self.structure = structure
        self.values = values
        self.bad_records = bad_records
        self.bad_lines = lines
        self.good_records = structure.records - structure.empty_records - bad_records


def shape_of(config: FeedConfig) -> Shape:
    """Give what a record of the feed looks like."""
    form = config.format
    quote = form.quote.encode() if form.quote else None
    return Shape(len(config.columns), form.delimiter.encode(), quote, form.encoding)


def _no_values(config: FeedConfig, month: Month) -> Values:
    return Values(0, DateTally(month).counts(), dict.fromkeys(required_columns(config), 0), ())


def reconcile(
    source: SourceFile,
    structure: Structure,
    values: Values,
    has_header_faults: bool = False,
    has_left_out: bool = False,
) -> Counts:
    """Hold DuckDB's rows against the good records found in the bytes.

    What DuckDB alone rejects counts as bad; a difference that it does not explain is an error. Once there are
    bad records that were not left out, or a header that is none, the two may differ, as DuckDB reads some of
    them. In a file of one column DuckDB makes rows of some empty lines, so there only the dated rows are compared;
    the rest counts as undated, and missing values are not counted apart.
    """
    good = structure.records - structure.empty_records - structure.bad_records
    rows = values.rows if structure.shape.columns > 1 else max(good, values.dated_rows)
    is_partial = has_header_faults or (structure.bad_records > 0 and not has_left_out)
    if is_partial or rows == good:
        return Counts(structure, values, structure.bad_records, structure.bad_lines)
    if values.rejects and rows < good and not structure.bad_records:
        for reject in values.rejects:
            offset = _source_offset(source, reject.byte_offset, structure.shape.encoding)
            placed = reject.model_copy(update={"byte_offset": offset})
            structure.note(placed, _line_at(source, offset, structure))
        return Counts(structure, values, good - rows, structure.bad_lines)
    raise ReconciliationError(
        f"{source.name} holds {good:,} records by its bytes, but {rows:,} were read from it.",
        safe=_SAFE,
        next_step="Look for quotes and carriage returns in the file; if it is sound, report this as a defect.",
        stage="qc",
    )


def _source_offset(source: SourceFile, offset: int, encoding: EncodingName) -> int:
    """Give where DuckDB's offset lies in the file, of which it read the text in UTF-8."""
    if encoding == "UTF8":
        return offset
    left, place = offset, 0
    with open_text_file(Path(source.path)) as text:
        while content := text.read(BLOCK_BYTES):
            utf8 = to_utf8(content, encoding)
            if len(utf8) >= left:
                return place + bytes_before(utf8[:left])
            left, place = left - len(utf8), place + len(content)
    return place


def _line_at(source: SourceFile, offset: int, structure: Structure) -> bytes:
    if structure.sink is None:
        return b""
    with open_text_file(Path(source.path)) as text:
        end = record_end(text, offset, structure.shape.quote)
        text.seek(offset)
        return text.read(min(end - offset, RECORD_LIMIT_BYTES))


def _report(source: SourceFile, beginning: Beginning, counts: Counts, made: _Pass) -> QcReport:
    return QcReport(
        file=source.name,
        fingerprint=made.fingerprint,
        sha256=made.sha256,
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
        form=_form(beginning, counts.structure),
        rejects=made.rejects,
        seconds=round(made.seconds, 3),
        text_bytes=counts.structure.end_byte if is_compressed(source.path) else None,
        other_delimiter=beginning.other_delimiter,
        left_out=made.rejection.left_out,
        seems_utf8=counts.structure.is_utf8 and not counts.structure.is_ascii,
        not_left_out=made.rejection.refusal,
        **counts.values.found,
    )


def _form(beginning: Beginning, structure: Structure) -> TextForm:
    counted = {
        "crlf_ends": structure.crlf_ends,
        "lf_ends": structure.lf_ends,
        "is_last_newline_missing": structure.is_last_newline_missing,
    }
    return beginning.form.model_copy(update=counted)


def _undated(counts: Counts) -> int:
    if counts.structure.shape.columns == 1:
        return max(0, counts.good_records - counts.values.dated_rows)
    return counts.values.dates.undated
