"""Two readers of one file, side by side: DuckDB for the values, one pass over the bytes for the structure."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeGuard, TypeVar

import duckdb

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import QcFailedError, ScratchSpaceError
from sfetl_provider.core.events import Listener, Notice, Progress
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.month_plan import LeftOut, SourceFile
from sfetl_provider.core.qc.beginning import Beginning
from sfetl_provider.core.qc.first_records import put_aside
from sfetl_provider.core.qc.record_block import Shape, record_blocks
from sfetl_provider.core.qc.record_sample import RecordSample
from sfetl_provider.core.qc.rejection import Rejection
from sfetl_provider.core.qc.report import BadLine
from sfetl_provider.core.qc.rule_samples import RULE_SAMPLES, Place, quote_records
from sfetl_provider.core.qc.structure import Structure
from sfetl_provider.core.qc.text_feed import TextFeed
from sfetl_provider.core.qc.values import ScannedFile, Values, ValueScan
from sfetl_provider.core.qc.veil import VEIL
from sfetl_provider.core.tsv.compressed import DamagedSourceError, is_compressed
from sfetl_provider.core.tsv.file_hash import FileHash
from sfetl_provider.core.tsv.text_file import SourceText

COMPRESSION_RATIO = 8
PROGRESS_BYTES = 64 * 1024 * 1024
INTERRUPT_SECONDS = 0.05
T = TypeVar("T")
_SAFE = "Nothing of it was published."


@dataclass(frozen=True)
class Reading:
    """One file to read from its first data record on; progress goes to the listener and the hash, in bytes."""

    source: SourceFile
    config: FeedConfig
    month: Month
    beginning: Beginning
    listener: Listener
    rejection: Rejection
    file_hash: FileHash

    def run(self, structure: Structure, scratch: Path) -> Values | None:
        """Fill the structure and give the values, None when DuckDB cannot make sense of the file.

        They are None as well when a record is too long, as nothing after it is read. When records are left out,
        the file is read again for the values of the others. The listener is called in the calling thread. However
        it ends, DuckDB has stopped and its files below `scratch` are gone. Raises SourceFileError and
        ScratchSpaceError, and ConfigError for a rule.
        """
        with working_folder(scratch) as folder:
            structure.sample = self._sample(folder)
            with self._scan(folder, self._first_records(structure, folder)) as background:
                values = self._read_side_by_side(background, structure)
                if self.rejection.left_out is None:
                    return self._completed(background, values, structure)
            left_out = self.rejection.left_out
            self._tell(f"{left_out.records:,} bad records are left out; the others are read again")
            with self._scan(folder, None, left_out) as background:
                values = background.start(background.scan.run).result()
                return self._completed(background, values, structure)

    @contextmanager
    def _scan(
        self, folder: Path, first_records: Path | None, left_out: LeftOut | None = None
    ) -> Iterator[_Background]:
        feed = TextFeed(Path(self.source.path), folder, self.config.format.encoding, left_out)
        scanned = ScannedFile(feed, self.beginning.header_records, first_records)
        scan = ValueScan(scanned, self.config, self.month, folder)
        with _Background(scan, feed) as background:
            try:
                yield background
            except (duckdb.OutOfRangeException, duckdb.ConversionException) as error:
                # What could not be computed stands in DuckDB's text, which a log shows with the cause.
                cause = None if self.config.masked_columns else error
                raise out_of_range(self.source, VEIL if cause is None else str(error)) from cause
            except duckdb.Error as error:
                raise out_of_resources(self.source, self.config, error) from error

    def _read_side_by_side(self, background: _Background, structure: Structure) -> Values | None:
        with background.feed.shared() as text:
            running = background.start(background.scan.run)
            self._read_structure(text, structure)
            left_out = self.rejection.settle(structure)
            if structure.is_stopped or left_out is not None:
                background.cancel()
                return None
            return running.result()

    def _completed(
        self, background: _Background, values: Values | None, structure: Structure
    ) -> Values | None:
        """Add what is asked for once the file was read: the profile's sample, records that break rules."""
        scan, has_rest = background.scan, self.rejection.left_out is not None
        if values is not None and structure.sample:
            structure.sample.close()
            sampled = background.start(scan.with_record_sample, values, structure.sample.path)
            values = sampled.result()
        if not _can_quote(values, structure, has_rest):
            return values
        broken = scan.broken(values)
        if not broken:
            return values
        found = background.start(scan.first_numbers, broken, self._sample_limit).result()
        return scan.with_samples(values, self._quoted(found, structure.shape))

    def _sample(self, folder: Path) -> RecordSample | None:
        if self.config.qc.profile != "full":
            return None
        # How much text a compressed file holds is known at its end only.
        ratio = COMPRESSION_RATIO if is_compressed(self.source.path) else 1
        return RecordSample(folder / "sample", ratio * self.beginning.size_bytes)

    def _first_records(self, structure: Structure, folder: Path) -> Path | None:
        if self.config.qc.profile == "off":
            return None
        path = folder / "first"
        is_there = put_aside(Path(self.source.path), self.beginning.start, structure.shape, path)
        return path if is_there else None

    @property
    def _sample_limit(self) -> int:
        return min(RULE_SAMPLES, self.config.qc.sample_limit)

    def _read_structure(self, text: SourceText, structure: Structure) -> None:
        reported, size_bytes = 0, self.beginning.size_bytes
        try:
            for block in record_blocks(text, self.beginning.start, structure.shape):
                structure.add(block)
                done = min(text.source_position, size_bytes)
                if done - reported >= PROGRESS_BYTES and done < size_bytes:
                    reported = done
                    self._report(done)
        except DamagedSourceError as error:
            structure.end_early(f"the file cannot be decompressed: {error.reason}")
        self._report(size_bytes)

    def _report(self, done: int) -> None:
        self.file_hash.allow(done)
        self.listener(Progress("qc", self.source.name, done, self.beginning.size_bytes, "bytes"))

    def _tell(self, text: str) -> None:
        self.listener(Notice("qc", f"{self.source.name}: {text}."))

    def _quoted(self, found: Mapping[str, list[int]], shape: Shape) -> dict[str, tuple[BadLine, ...]]:
        without_bad = self.rejection.left_out is not None
        place = Place(Path(self.source.path), self.beginning.start, self.beginning.header_lines, without_bad)
        quoted = quote_records(place, shape, {number for numbers in found.values() for number in numbers})
        return {key: tuple(quoted[number] for number in numbers) for key, numbers in found.items()}


def _can_quote(values: Values | None, structure: Structure, has_rest: bool) -> TypeGuard[Values]:
    """Tell whether records can be found again by number: not once the two readers differ."""
    if values is None or values.rows != structure.records - structure.empty_records - structure.bad_records:
        return False
    return (has_rest or not structure.bad_records) and structure.shape.columns > 1


class _Background:
    """DuckDB's thread; when the block is left, however that happens, its query has ended and it is closed."""

    def __init__(self, scan: ValueScan, feed: TextFeed) -> None:
        self.scan = scan
        self.feed = feed
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="qc-values")
        self._latest: Future[Any] | None = None

    def __enter__(self) -> Self:
        return self

    def start(self, query: Callable[..., T], *arguments: object) -> Future[T]:
        """Run a query of the scan in the thread."""
        future = self._executor.submit(query, *arguments)
        self._latest = future
        return future

    def cancel(self) -> None:
        """End the latest query; what it gave or met is of no interest any more."""
        # An interruption that comes before the query has begun is lost, so it is repeated.
        while self._latest is not None and not self._latest.done():
            self.scan.interrupt()
            wait([self._latest], INTERRUPT_SECONDS)

    def __exit__(self, *_: object) -> None:
        self.cancel()
        self._executor.shutdown()
        self.scan.close()


@contextmanager
def working_folder(scratch: Path) -> Iterator[Path]:
    """Make a folder of its own below a scratch folder, and remove it with all it holds afterwards.

    Raises ScratchSpaceError when it cannot be made.
    """
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


def emptied(scratch: Path) -> Path:
    """Give a scratch folder that one task alone writes to, without what a killed try of it left there.

    What cannot be removed stays: no check reads it.
    """
    shutil.rmtree(scratch, ignore_errors=True)
    return scratch


def out_of_resources(source: SourceFile, config: FeedConfig, error: duckdb.Error) -> ScratchSpaceError:
    """Say that DuckDB could not go on, and which setting gives it more room."""
    return ScratchSpaceError(
        f"QC of {source.name} stopped: {error}",
        safe=_SAFE,
        next_step=f"Give it more than qc.memory_mib = {config.qc.memory_mib} or more room in the scratch "
        "folder, then clear this task.",
        stage="qc",
    )


def out_of_range(source: SourceFile, why: str) -> QcFailedError:
    """Say that a rule computes what no number or date can hold."""
    return QcFailedError(
        f"A rule of the feed cannot be computed over {source.name}: {why}",
        safe=_SAFE,
        next_step="Rules count with 28 digits before the decimal point and 10 after it: correct the file, or "
        "guard the rule, as by TRY_CAST(… AS NUMBER(12, 2)), then clear this run's tasks from plan on.",
    )
