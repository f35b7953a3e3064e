"""The list of the records that are left out of a file: a row each, in the file's order."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from sfetl_provider.core.errors import LeftOutListError
from sfetl_provider.core.plan.month_plan import LeftOut
from sfetl_provider.core.tsv.spans import Span, SpanCutter

COLUMNS = ("first_byte", "bytes", "line", "lines")
_HEAD = "\t".join(COLUMNS).encode() + b"\n"
_ROW_BYTES = 128
_BLOCK_BYTES = 64 * 1024
_SAFE = "Nothing was loaded, and the file was not changed."
_AGAIN = "Clear this run's tasks from wait_for_files on: QC writes the list anew."


class LeftOutWriter:
    """Writes the list while the records are found; memory does not grow with their number.

    It is made at once, under another name until `finish`. Raises OSError when the disk does not take it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.records = 0
        self.lines = 0
        self.size_bytes = 0
        self.list_bytes = 0
        self._digest = hashlib.sha256()
        self._part = path.with_name(f"{path.name}.part")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: BinaryIO = self._part.open("wb")
        self._write(_HEAD)

    def add(self, spans: Iterable[Span]) -> None:
        """Add the next records."""
        rows = []
        for span in spans:
            self.records += 1
            self.lines += span.lines
            self.size_bytes += span.size_bytes
            rows.append(f"{span.start_byte}\t{span.size_bytes}\t{span.line}\t{span.lines}\n")
        self._write("".join(rows).encode())

    def finish(self) -> str:
        """Put the list in its place for good, and give its SHA-256."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._part.replace(self.path)
        return self._digest.hexdigest()

    def give_up(self) -> None:
        """Delete what was written, and an older list."""
        with suppress(OSError):  # on a full disk, of what was to be written last
            self._file.close()
        for path in (self._part, self.path):
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def _write(self, content: bytes) -> None:
        self._digest.update(content)
        self.list_bytes += self._file.write(content)


class LeftOutList:
    """A list that is open for reading from any byte of the file on; several threads may read at once.

    What is read is what was verified, also when another list takes the path meanwhile. Memory: 64 KiB a reader.
    """

    def __init__(self, left_out: LeftOut, descriptor: int) -> None:
        self.left_out = left_out
        self._descriptor = descriptor
        self._size_bytes = os.fstat(descriptor).st_size

    def spans(self, start_byte: int = 0) -> Iterator[Span]:
        """Give the spans that begin at an offset of the text or after it, in order."""
        at, rest = self._place(start_byte), b""
        while block := os.pread(self._descriptor, _BLOCK_BYTES, at):
            at += len(block)
            *rows, rest = (rest + block).split(b"\n")
            yield from map(self._span, rows)

    def cutter(self, start_byte: int = 0) -> SpanCutter:
        """Give what takes the spans out of the text from an offset on."""
        return SpanCutter(self.spans(start_byte), start_byte)

    def verify(self) -> None:
        """Read the whole list; raises LeftOutListError unless it is the one that was written."""
        digest, at = hashlib.sha256(), 0
        while block := os.pread(self._descriptor, _BLOCK_BYTES, at):
            digest.update(block)
            at += len(block)
        if digest.hexdigest() != self.left_out.sha256:
            raise self._fault("was changed since QC wrote it")
        self._require_sums()

    def _require_sums(self) -> None:
        records = lines = size_bytes = end_byte = 0
        for span in self.spans():
            if span.start_byte < end_byte or span.size_bytes <= 0:
                raise self._fault("is not in order")
            records, lines = records + 1, lines + span.lines
            size_bytes, end_byte = size_bytes + span.size_bytes, span.end_byte
        if (records, lines, size_bytes) != (
            self.left_out.records,
            self.left_out.lines,
            self.left_out.size_bytes,
        ):
            raise self._fault("does not add up to what QC counted")

    def _place(self, start_byte: int) -> int:
        """Find the row of the first span at or after an offset, by halves."""
        first, last = len(_HEAD), self._size_bytes
        while first < last:
            middle = self._row_start((first + last) // 2)
            middle = middle if middle < last else first
            row = os.pread(self._descriptor, _ROW_BYTES, middle).split(b"\n")[0]
            if self._span(row).start_byte < start_byte:
                first = middle + len(row) + 1
            else:
                last = middle
        return first

    def _row_start(self, at: int) -> int:
        """Give where the first row begins at or after a place in the list."""
        return at + os.pread(self._descriptor, _ROW_BYTES, at - 1).find(b"\n")

    def _span(self, row: bytes) -> Span:
        try:
            start_byte, size_bytes, line, lines = map(int, row.split(b"\t"))
        except ValueError:
            raise self._fault("is damaged") from None
        return Span(start_byte, size_bytes, line, lines)

    def _fault(self, what: str) -> LeftOutListError:
        return LeftOutListError(
            f"The list of what QC left out, {self.left_out.path}, {what}.", safe=_SAFE, next_step=_AGAIN
        )


@contextmanager
def open_left_out(left_out: LeftOut, fingerprint: str) -> Iterator[LeftOutList]:
    """Open and verify a list, for the file of that fingerprint.

    Raises LeftOutListError when it is gone or cannot be read, was changed, or is of another content of the file.
    """
    if left_out.fingerprint != fingerprint:
        raise LeftOutListError(
            f"The file changed since QC made the list of what is left out of it, {left_out.path}.",
            safe=_SAFE,
            next_step=_AGAIN,
        )
    with _opened(left_out) as descriptor:
        opened = LeftOutList(left_out, descriptor)
        opened.verify()
        yield opened


@contextmanager
def _opened(left_out: LeftOut) -> Iterator[int]:
    try:
        descriptor = os.open(left_out.path, os.O_RDONLY)
    except OSError as error:
        raise LeftOutListError(
            f"The list of what QC left out, {left_out.path}, cannot be read: {error.strerror or error}.",
            safe=_SAFE,
            next_step=f"[sfetl] reports_dir must be one folder for all workers. {_AGAIN}",
        ) from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)
