"""Keys that stand more than once in the files of a month: exact, in bounded memory, whatever the size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import duckdb
import numpy as np

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import ScratchSpaceError
from sfetl_provider.core.events import Listener, Progress, ignore_events
from sfetl_provider.core.plan.file_columns import with_file_columns
from sfetl_provider.core.plan.month_plan import SourceFile
from sfetl_provider.core.qc.beginning import read_beginning
from sfetl_provider.core.qc.key_hashes import HashLimits, HashRuns
from sfetl_provider.core.qc.key_places import find_places
from sfetl_provider.core.qc.key_report import KeyFile, KeyReport, KeySample
from sfetl_provider.core.qc.key_scan import FoundKey, KeyScan, KeySource
from sfetl_provider.core.qc.reading import working_folder
from sfetl_provider.core.qc.record_block import SAMPLE_CHARACTERS, record_blocks
from sfetl_provider.core.qc.scan import shape_of
from sfetl_provider.core.qc.veil import veiled_keys
from sfetl_provider.core.tsv.compressed import DamagedSourceError
from sfetl_provider.core.tsv.fingerprint import fingerprint
from sfetl_provider.core.tsv.source import changed_while_read
from sfetl_provider.core.tsv.text_file import open_text_file

KEY_SAMPLES = 5
_GUESS_BYTES = 4 * 1024 * 1024
_SAFE = "Nothing of it was published."


class KeyLimits(NamedTuple):
    """What is held at a time: hashes, hashes to filter by, and bytes of keys to compare (None: by the memory)."""

    hashes: HashLimits = HashLimits()
    candidates: int = 2_000_000
    group_bytes: int | None = None


DEFAULT_LIMITS = KeyLimits()


def check_keys(
    files: Sequence[SourceFile],
    config: FeedConfig,
    scratch: Path,
    listener: Listener = ignore_events,
    limits: KeyLimits = DEFAULT_LIMITS,
) -> KeyReport:
    """Compare the keys (`qc.key`) of all records of all files; a file in byte ranges counts once.

    Every file is read once, by DuckDB, and a 64-bit hash of each key goes to the scratch folder. Only when some
    repeat, the files are read again and the keys behind those hashes are compared by value. A key that lacks a
    value equals no other, as in SQL. What QC left out of a file (`left_out`), and what DuckDB cannot read, is not
    compared; the gate holds the counts against those of `file_qc`.

    Memory: `qc.memory_mib` and about 300 MiB. Scratch: 8 bytes a record, and when keys repeat, those keys; all
    keys when more than two million different ones may repeat. Raises SourceFileError when a file cannot be read
    or changes meanwhile, ScratchSpaceError when memory or scratch do not suffice. Leaves nothing behind.
    """
    started = perf_counter()
    config = with_file_columns(config, files[0].header if files else ())
    whole = [file for file in files if file.range_number <= 1]
    before = [fingerprint(file.path) for file in whole]
    with working_folder(scratch) as folder, _told(config, scratch), KeyScan(config, folder) as scan:
        sources = [KeySource(file, read_beginning(Path(file.path), config)) for file in whole]
        check = _Check(config, scan, sources, listener)
        with HashRuns(folder / "hashes", limits.hashes) as runs:
            found = [check.hash_file(file, runs) for file in sources]
            repeated = scan.note_repeated(runs.repeated())
        (folder / "hashes").unlink()
        duplicates = check.compare(found, repeated, limits) if repeated else _Duplicates(0, 0, ())
    for file, was in zip(whole, before, strict=True):
        if fingerprint(file.path) != was:
            raise changed_while_read(file.path, stage="qc", safe=_SAFE)
    return KeyReport(
        columns=config.qc.key,
        files=tuple(
            KeyFile(
                file=file.name,
                fingerprint=was,
                records=item.records,
                missing=item.missing,
                is_read=item.is_read,
            )
            for file, was, item in zip(whole, before, found, strict=True)
        ),
        duplicated_keys=duplicates.keys,
        surplus_records=duplicates.records - duplicates.keys,
        samples=veiled_keys(duplicates.samples, config),
        seconds=round(perf_counter() - started, 3),
    )


class _Hashed(NamedTuple):
    """What reading one file gave."""

    records: int
    missing: int
    is_read: bool = True


class _Duplicates(NamedTuple):
    """Keys that stand more than once, the records that have them, and some of them."""

    keys: int
    records: int
    samples: tuple[KeySample, ...]


class _Check:
    """One check of a month's files."""

    def __init__(
        self, config: FeedConfig, scan: KeyScan, sources: Sequence[KeySource], listener: Listener
    ) -> None:
        self._config = config
        self._scan = scan
        self._sources = sources
        self._listener = listener

    def hash_file(self, file: KeySource, runs: HashRuns) -> _Hashed:
        """Hash the keys of one file; hashes of one that breaks off stay candidates, which harms nothing."""
        if file.beginning.refusal:
            return _Hashed(0, 0, is_read=False)
        size_bytes = file.beginning.size_bytes
        if not file.beginning.has_body:
            return _Hashed(0, 0)
        records = missing = 0
        record_bytes = _record_bytes(file)
        try:
            for hashes in self._scan.hashes(file):
                records += len(hashes)
                present = hashes[hashes != 0]
                missing += len(hashes) - len(present)
                runs.add(present)
                done = min(int(records * record_bytes), size_bytes - 1)
                self._listener(Progress("keys", file.source.name, done, size_bytes, "bytes"))
        except (duckdb.InvalidInputException, DamagedSourceError):
            return _Hashed(0, 0, is_read=False)
        except duckdb.OutOfMemoryException:
            if _has_endless_record(file, self._config):
                return _Hashed(0, 0, is_read=False)
            raise
        self._listener(Progress("keys", file.source.name, size_bytes, size_bytes, "bytes"))
        return _Hashed(records, missing)

    def compare(self, found: Sequence[_Hashed], repeated: int, limits: KeyLimits) -> _Duplicates:
        """Compare the keys whose hashes repeat by value."""
        for number, (file, hashed) in enumerate(zip(self._sources, found, strict=True)):
            if hashed.records:
                self._scan.keep_keys(number, file, all_keys=repeated > limits.candidates)
        keys, records = self._scan.compare(limits.group_bytes)
        frequent = self._scan.most_frequent(min(KEY_SAMPLES, self._config.qc.sample_limit))
        files = [(file, hashed.records) for file, hashed in zip(self._sources, found, strict=True)]
        places = find_places(frequent, files, self._scan, self._config)
        samples = (
            KeySample(values=_shown(key), records=key.records, places=of_key)
            for key, of_key in zip(frequent, places, strict=True)
        )
        return _Duplicates(keys, records, tuple(samples))


def _shown(key: FoundKey) -> tuple[str, ...]:
    # PostgreSQL refuses NUL characters in JSON, where Airflow keeps reports.
    return tuple(value.replace("\0", "\\0")[:SAMPLE_CHARACTERS] for value in key.values)


def _record_bytes(file: KeySource) -> float:
    """Guess how many bytes of the file a record takes, compressed or not, for the progress."""
    try:
        with open_text_file(Path(file.source.path)) as text:
            content = text.read(_GUESS_BYTES)
            taken = text.source_position
    except DamagedSourceError:
        return 0
    return taken / max(1, int(np.count_nonzero(np.frombuffer(content, np.uint8) == 10)))


def _has_endless_record(file: KeySource, config: FeedConfig) -> bool:
    with open_text_file(Path(file.source.path)) as text:
        return any(block.is_cut for block in record_blocks(text, file.beginning.start, shape_of(config)))


@contextmanager
def _told(config: FeedConfig, scratch: Path) -> Iterator[None]:
    try:
        yield
    except (duckdb.Error, OSError) as error:
        text = error.strerror if isinstance(error, OSError) else None
        raise ScratchSpaceError(
            f"The keys ({', '.join(config.qc.key)}) could not be compared: {text or error}.",
            safe=_SAFE,
            next_step=f"Make room in the scratch folder {scratch} (8 bytes a record, and keys that repeat), or "
            f"give it more than qc.memory_mib = {config.qc.memory_mib}, then clear this task.",
            stage="qc",
        ) from error
