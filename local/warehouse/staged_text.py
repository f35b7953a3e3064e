"""A staged file as plain text on disk, unpacked and looked through once before it is read.

Unpacking to disk first means that a corrupt file is found before one row of it is loaded, and that DuckDB reads it
with all cores. Disk: the text of two files at a time. Memory: a few pieces of 64 KiB and what they unpack to.
"""

from __future__ import annotations

import re
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import zstandard

from local.warehouse.errors import SqlError, canceled, unsupported
from local.warehouse.file_format import FileFormat
from local.warehouse.stages import StagedFile

_PIECE_BYTES = 1 << 16
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_GZIP_MAGIC = b"\x1f\x8b"


@dataclass
class StagedText:
    """The unpacked file. `records` is None when records and lines are not the same (quoted newlines)."""

    path: Path
    byte_count: int = 0
    line_count: int = 0
    blank_line_count: int = 0
    has_bare_return: bool = False

    def records(self, file_format: FileFormat) -> int | None:
        """How many records a reader must find."""
        if file_format.enclosed_by is not None or file_format.skip_header:
            return None
        return self.line_count - self.blank_line_count


def unpack(staged: StagedFile, file_format: FileFormat, to: Path, cancelled: threading.Event) -> StagedText:
    """Write the text of a staged file to `to`.

    Line ends of \\r\\n become \\n where fields are not enclosed. Raises SqlError for corrupt or cut files, for a
    second zstd frame, and for a lone carriage return, which DuckDB would take for a line end.
    """
    text = StagedText(to)
    normalizes = file_format.enclosed_by is None
    last = b"\n"
    with to.open("wb") as out:
        for piece in _whole_line_ends(_pieces(staged, file_format)):
            if cancelled.is_set():
                raise canceled()
            block = piece.replace(b"\r\n", b"\n") if normalizes and b"\r" in piece else piece
            text.has_bare_return = text.has_bare_return or (normalizes and b"\r" in block)
            _count(text, last, block)
            last = block[-1:] or last
            out.write(block)
    if text.byte_count and last != b"\n":
        text.line_count += 1
    if text.has_bare_return:
        raise unsupported(f"a carriage return that ends no line, in file '{staged.path}'")
    return text


def _count(text: StagedText, last: bytes, block: bytes) -> None:
    text.byte_count += len(block)
    text.line_count += block.count(b"\n")
    if last == b"\n" and block.startswith(b"\n"):
        text.blank_line_count += 1
    if b"\n\n" in block:
        text.blank_line_count += len(re.findall(rb"(?=\n\n)", block))


def _whole_line_ends(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, cut so that no piece ends between \\r and \\n."""
    held = b""
    for piece in pieces:
        joined = held + piece
        held = b"\r" if joined.endswith(b"\r") else b""
        yield joined[: len(joined) - len(held)]
    yield held


def _pieces(staged: StagedFile, file_format: FileFormat) -> Iterator[bytes]:
    with staged.file.open("rb") as file:
        start = file.read(4)
        file.seek(0)
        packed = iter(lambda: file.read(_PIECE_BYTES), b"")
        kind = file_format.compression if file_format.compression != "AUTO" else _detected(start)
        if kind == "NONE":
            yield from packed
        else:
            yield from _from_zstd(packed, staged.path) if kind == "ZSTD" else _from_gzip(packed, staged.path)


def _detected(start: bytes) -> str:
    if start == _ZSTD_MAGIC:
        return "ZSTD"
    return "GZIP" if start[:2] == _GZIP_MAGIC else "NONE"


def _from_zstd(packed: Iterator[bytes], path: str) -> Iterator[bytes]:
    frame = zstandard.ZstdDecompressor().decompressobj()
    for piece in packed:
        if frame.eof:
            raise _corrupt(path, "there is more after the end of its zstd frame")
        try:
            yield frame.decompress(piece)
        except zstandard.ZstdError as error:
            raise _corrupt(path, str(error)) from None
        if frame.unused_data:
            raise _corrupt(path, "there is more after the end of its zstd frame")
    if not frame.eof:
        raise _corrupt(path, "it ends before its zstd frame does")


def _from_gzip(packed: Iterator[bytes], path: str) -> Iterator[bytes]:
    member = zlib.decompressobj(wbits=31)
    try:
        for piece in packed:
            rest = piece
            while rest:
                if member.eof:
                    member = zlib.decompressobj(wbits=31)
                yield member.decompress(rest)
                rest = member.unused_data
    except zlib.error as error:
        raise _corrupt(path, str(error)) from None
    if not member.eof:
        raise _corrupt(path, "it ends before its gzip member does")


def _corrupt(path: str, detail: str) -> SqlError:
    """A file that cannot be unpacked; Snowflake's own text for it is not documented."""
    return SqlError(
        100085, "22000", f"Data corruption detected: file '{path}' cannot be decompressed: {detail}."
    )
