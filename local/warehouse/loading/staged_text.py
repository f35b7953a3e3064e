"""A staged file as plain text on disk, for DuckDB's reader, looked through once before it is read.

Unpacking to disk first means that a corrupt file is found before one row of it is loaded, and that DuckDB reads it
with all cores. Disk: the text of two files at a time.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from local.warehouse.errors import canceled
from local.warehouse.loading.file_format import FileFormat
from local.warehouse.loading.staged_pieces import text_pieces
from local.warehouse.stages.stages import StagedFile


@dataclass
class StagedText:
    """The unpacked file, without its header lines; `delimiter_count` counts also those that are text.

    `is_odd` tells of what DuckDB would read otherwise: a carriage return that ends no line, which it would take
    for a line end, and maybe a space after the end of an enclosed field, which it would leave out.
    """

    path: Path
    byte_count: int = 0
    line_count: int = 0
    blank_line_count: int = 0
    delimiter_count: int = 0
    has_enclosure: bool = False
    is_odd: bool = False

    @property
    def records(self) -> int | None:
        """How many records a reader must find, without blank lines; None when fields may hold lines."""
        return None if self.has_enclosure else self.line_count - self.blank_line_count


def unpack(
    staged: StagedFile,
    file_format: FileFormat,
    to: Path,
    cancelled: threading.Event,
    on_bytes: Callable[[int], None],
) -> StagedText:
    """Write the text of a staged file to `to`; `on_bytes` hears of each piece.

    Line ends of \\r\\n become \\n where fields are not enclosed. Raises SqlError for corrupt or cut files.
    """
    text = StagedText(to)
    normalizes = file_format.enclosed_by is None
    last = b"\n"
    pieces = without_lines(_whole_line_ends(text_pieces(staged, file_format)), file_format.skip_header)
    with to.open("wb") as out:
        for piece in pieces:
            if cancelled.is_set():
                raise canceled()
            block = piece.replace(b"\r\n", b"\n") if normalizes and b"\r" in piece else piece
            text.is_odd = text.is_odd or _is_odd(last, block, file_format)
            _count(text, last, block, file_format)
            last = block[-1:] or last
            out.write(block)
            on_bytes(len(block))
    if text.byte_count and last != b"\n":
        text.line_count += 1
    return text


def _is_odd(last: bytes, block: bytes, file_format: FileFormat) -> bool:
    enclosure = (file_format.enclosed_by or "").encode()
    if not enclosure:
        return b"\r" in block
    if block.count(b"\r") != block.count(b"\r\n"):
        return True
    if last == enclosure and block.startswith(b" "):
        return True
    ends = re.escape(enclosure) + b" +(?:[\r\n]|$|" + re.escape(file_format.field_delimiter.encode()) + b")"
    return enclosure + b" " in block and re.search(ends, block) is not None


def without_lines(pieces: Iterator[bytes], count: int) -> Iterator[bytes]:
    """The pieces after so many lines."""
    for piece in pieces:
        while count and piece:
            _, end, piece = piece.partition(b"\n")
            count -= bool(end)
        yield piece


def _count(text: StagedText, last: bytes, block: bytes, file_format: FileFormat) -> None:
    text.byte_count += len(block)
    text.delimiter_count += block.count(file_format.field_delimiter.encode())
    enclosure = (file_format.enclosed_by or "").encode()
    text.has_enclosure = text.has_enclosure or bool(enclosure and enclosure in block)
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
