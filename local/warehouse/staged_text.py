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
from local.warehouse.file_format import FileFormat
from local.warehouse.staged_pieces import text_pieces
from local.warehouse.stages import StagedFile


@dataclass
class StagedText:
    """The unpacked file.

    `has_bare_return` tells of a carriage return that ends no line: DuckDB would take it for a line end.
    """

    path: Path
    byte_count: int = 0
    line_count: int = 0
    blank_line_count: int = 0
    has_bare_return: bool = False

    def records(self, file_format: FileFormat) -> int | None:
        """How many records a reader must find; None when records and lines are not the same (quoted newlines)."""
        if file_format.enclosed_by is not None or file_format.skip_header:
            return None
        return self.line_count - self.blank_line_count


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
    with to.open("wb") as out:
        for piece in _whole_line_ends(text_pieces(staged, file_format)):
            if cancelled.is_set():
                raise canceled()
            block = piece.replace(b"\r\n", b"\n") if normalizes and b"\r" in piece else piece
            text.has_bare_return = text.has_bare_return or block.count(b"\r") != block.count(b"\r\n")
            _count(text, last, block)
            last = block[-1:] or last
            out.write(block)
            on_bytes(len(block))
    if text.byte_count and last != b"\n":
        text.line_count += 1
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
