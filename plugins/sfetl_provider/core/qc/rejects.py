"""The list of every bad line, written to disk while the lines are found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from sfetl_provider.core.errors import ScratchSpaceError
from sfetl_provider.core.qc.report import BadLine
from sfetl_provider.core.text_encoding import EncodingName, codec_of

COLUMNS = ("file", "line", "column", "byte_offset", "reason", "text")
_HEAD = "\t".join(COLUMNS).encode() + b"\n"
Place = tuple[str, int | str, int | None, int | None]
"""Source file, line (or lines, as text), column and byte offset; None: not known."""
TEXT_LIMIT_BYTES = 1024 * 1024
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), 127)} | {9: "\\t", 10: "\\n", 13: "\\r"}


class RejectsWriter:
    """Writes a tab-separated row per bad line; memory does not grow with their number.

    The file is made with the first line. Once it holds `limit_bytes`, nothing is added any more and `lines`
    stays as it is: a feed with the wrong delimiter would make it larger than its source. Raises
    ScratchSpaceError when the disk does not take it.
    """

    def __init__(self, path: Path, limit_bytes: int) -> None:
        self.path = path
        self.lines = 0
        self._limit_bytes = limit_bytes
        self._size_bytes = 0
        self._part = path.with_name(f"{path.name}.part")
        self._file: BinaryIO | None = None

    def add(self, file: str, bad: BadLine, line: bytes, encoding: EncodingName = "UTF8") -> bool:
        """Write one bad line of a source file, of a long one its first 1 MiB; False once the list is full."""
        return self.add_at((file, bad.line, bad.column, bad.byte_offset), bad.reason, line, encoding)

    def add_at(self, place: Place, reason: str, line: bytes, encoding: EncodingName = "UTF8") -> bool:
        """Write one bad line, parts of whose place may be unknown, as `add` does."""
        if self._size_bytes >= self._limit_bytes:
            return False
        parts = ["" if part is None else str(part) for part in (*place, reason)]
        fields = "\t".join(escaped(part.encode()) for part in parts)
        self._write(f"{fields}\t{_text(line, encoding)}\n".encode())
        self.lines += 1
        return True

    def finish(self) -> None:
        """Put the file in its place; without bad lines there is none, and an older list is removed."""
        with list_errors(self.path):
            if self._file is not None:
                self._file.close()
                self._part.replace(self.path)
            elif self.path.is_file() and self._is_list():
                self.path.unlink()

    def give_up(self) -> None:
        """Close and delete what was written."""
        if self._file is not None:
            with suppress(OSError):  # on a full disk, of what was to be written last
                self._file.close()
            self._part.unlink(missing_ok=True)

    def _is_list(self) -> bool:
        with self.path.open("rb") as file:
            return file.read(len(_HEAD)) == _HEAD

    def _write(self, row: bytes) -> None:
        with list_errors(self.path):
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._part.open("wb")
                self._file.write(_HEAD)
            self._size_bytes += self._file.write(row)


@contextmanager
def open_rejects(path: Path, limit_bytes: int) -> Iterator[RejectsWriter]:
    """Open a list of bad lines; it appears under `path` when the block ends well, and not at all otherwise."""
    writer = RejectsWriter(path, limit_bytes)
    try:
        yield writer
        writer.finish()
    except BaseException:
        writer.give_up()
        raise


def escaped(line: bytes, encoding: EncodingName = "UTF8") -> str:
    r"""Give a line as text on one line, from which its bytes can be made again.

    Backslash, tab, newline and carriage return become \\, \t, \n, \r; other control characters and bytes that
    the encoding does not know become \xNN.
    """
    text = line.replace(b"\\", b"\\\\").decode(codec_of(encoding), "backslashreplace")
    return text.translate(_CONTROLS)


def _text(line: bytes, encoding: EncodingName) -> str:
    content = line.removesuffix(b"\n")
    left_out = len(content) - TEXT_LIMIT_BYTES
    if left_out <= 0:
        return escaped(content, encoding)
    return f"{escaped(content[:TEXT_LIMIT_BYTES], encoding)}… ({left_out:,} bytes more)"


@contextmanager
def list_errors(path: Path) -> Iterator[None]:
    """Say that a list of bad lines cannot be written: raises ScratchSpaceError for an OSError."""
    try:
        yield
    except OSError as error:
        raise ScratchSpaceError(
            f"The list of bad lines {path} cannot be written: {error.strerror or error}.",
            safe="The files were not changed; nothing of them was published.",
            next_step="Make room there or choose a folder that can be written to, then check again.",
            stage="qc",
        ) from error
