"""A file without its bad records, written on request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import QcFailedError, ReconciliationError, ScratchSpaceError
from sfetl_provider.core.plan.month_plan import SourceFile
from sfetl_provider.core.qc.bad_spans import bad_spans
from sfetl_provider.core.qc.beginning import read_beginning
from sfetl_provider.core.qc.record_block import Block, record_blocks
from sfetl_provider.core.qc.report import QcReport
from sfetl_provider.core.qc.scan import shape_of
from sfetl_provider.core.qc.structure import bad_records
from sfetl_provider.core.record import Record
from sfetl_provider.core.tsv.fingerprint import fingerprint
from sfetl_provider.core.tsv.source import changed_while_read
from sfetl_provider.core.tsv.spans import SpanCutter
from sfetl_provider.core.tsv.text_file import Text, open_text_file

_BLOCK_BYTES = 1024 * 1024
_SAFE = "Nothing was written; the file is as it was."


class CleanFile(Record):
    """A file that was written: bytes of its text, and the bad records of the other that are not in it."""

    path: str
    size_bytes: int
    left_out_records: int
    left_out_bytes: int


def write_clean_file(source: SourceFile, config: FeedConfig, report: QcReport, target: Path) -> CleanFile:
    """Write the text of a checked file without its bad records: byte order mark, header, empty lines stay.

    Of a compressed file, the text is written. Reads the file once more, in one streaming pass of about 60 MiB; the
    target appears when it is whole. Whatever `qc.reject_limit` is: that is about loads. Raises QcFailedError when
    the file cannot be read to its end as text, SourceChangedError when it is not what was checked,
    ReconciliationError when the bad records are not those of the report, ScratchSpaceError when the target's disk
    does not take it.
    """
    beginning = read_beginning(Path(source.path), config)
    if beginning.refusal:
        raise _unreadable(source, beginning.refusal)
    with _target(target) as file, open_text_file(Path(source.path)) as text:
        cleaning = _Cleaning(file, target)
        cleaning.take_beginning(text, beginning.start)
        for block in record_blocks(text, beginning.start, shape_of(config)):
            if block.is_cut:
                raise _unreadable(source, "a record is longer than 16 MiB")
            cleaning.take(block)
        if fingerprint(source.path) != report.fingerprint:
            raise changed_while_read(source.path, "qc", "No clean file was written.")
        cleaned = cleaning.result()
        _require_same(report, cleaned)
    return cleaned


class _Cleaning:
    """What was written and left out so far."""

    def __init__(self, file: BinaryIO, target: Path) -> None:
        self._file = file
        self._target = target
        self._size_bytes = 0
        self._left_out_records = 0
        self._left_out_bytes = 0

    def take_beginning(self, text: Text, start: int) -> None:
        """Take what stands before the first data record."""
        text.seek(0)
        while self._size_bytes < start:
            self._write(text.read(min(_BLOCK_BYTES, start - self._size_bytes)))

    def take(self, block: Block) -> None:
        """Take the good and empty records of a block."""
        bad = bad_records(block)
        # The newline that a block's last record lacked is none of the file's.
        content = block.content[:-1] if block.is_completed else block.content
        if not bad.any():
            self._write(content)
            return
        cutter = SpanCutter(bad_spans(block, bad, 1), block.offset)
        self._write(cutter.kept(content))
        self._left_out_records += cutter.records
        self._left_out_bytes += cutter.size_bytes

    def result(self) -> CleanFile:
        """Sum up."""
        return CleanFile(
            path=str(self._target),
            size_bytes=self._size_bytes,
            left_out_records=self._left_out_records,
            left_out_bytes=self._left_out_bytes,
        )

    def _write(self, content: bytes) -> None:
        with _target_errors(self._target):
            self._size_bytes += self._file.write(content)


@contextmanager
def _target(path: Path) -> Iterator[BinaryIO]:
    """Open a file that appears under its name when the block ends well, and not at all otherwise."""
    part = path.with_name(f"{path.name}.part")
    try:
        with _target_errors(path):
            file = part.open("wb")
        with file:
            yield file
        with _target_errors(path):
            part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


@contextmanager
def _target_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ScratchSpaceError(
            f"The clean file {path} cannot be written: {error.strerror or error}.",
            safe="The file that was checked is as it was.",
            next_step="Make room there or name another place.",
            stage="qc",
        ) from error


def _unreadable(source: SourceFile, reason: str) -> QcFailedError:
    return QcFailedError(
        f"There is no clean file of {source.name}, as it cannot be read to its end: {reason}.",
        safe=_SAFE,
        next_step="Have it delivered again.",
    )


def _require_same(report: QcReport, cleaned: CleanFile) -> None:
    if cleaned.left_out_records == report.bad_records:
        return
    raise ReconciliationError(
        f"{cleaned.left_out_records:,} records of {report.file} would be left out, not {report.bad_records:,}.",
        safe=_SAFE,
        next_step="Report this as a defect.",
        stage="qc",
    )
