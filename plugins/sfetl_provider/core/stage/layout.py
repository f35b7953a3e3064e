"""Where the data of a source file lies."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from sfetl_provider.core.config.file_model import FormatConfig
from sfetl_provider.core.errors import SourceFileError
from sfetl_provider.core.plan.month_plan import ByteRange
from sfetl_provider.core.tsv.boundaries import body_start, mark_bytes
from sfetl_provider.core.tsv.compressed import is_compressed, open_text
from sfetl_provider.core.tsv.source import open_source

LONGEST_HEADER_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Layout:
    """Where a file's data starts; sizes in bytes, `first_line` is the number of the first data line.

    That of a `byte_range` tells where its own data start; lines before it are not known and count from 1 in it.
    """

    size_bytes: int
    mark_bytes: int
    body_start: int
    first_line: int
    header_records: int
    quote: bytes | None
    byte_range: ByteRange | None = None

    @property
    def end_byte(self) -> int:
        """Where the data end."""
        return self.byte_range.end_byte if self.byte_range else self.size_bytes

    @property
    def first_chunk(self) -> int:
        """The number of the first chunk."""
        return self.byte_range.first_chunk if self.byte_range else 1

    @property
    def origin_byte(self) -> int:
        """From where on bytes count as this task's: a header belongs to the first range."""
        return self.body_start if self.byte_range and self.byte_range.number > 1 else 0

    def of_range(self, byte_range: ByteRange) -> Layout:
        """Give the layout of one range of the file."""
        if byte_range.number == 1:
            return replace(self, byte_range=byte_range)
        return replace(
            self,
            mark_bytes=0,
            body_start=byte_range.start_byte,
            first_line=1,
            header_records=0,
            byte_range=byte_range,
        )


def read_layout(path: Path, text_format: FormatConfig) -> Layout:
    """Look at a file's beginning: byte order mark and header. Raises SourceFileError.

    The size of a compressed file's text is -1, unless that is short.
    """
    quote = text_format.quote.encode() if text_format.quote else None
    if is_compressed(path):
        return _layout_of_text(path, text_format.header, quote)
    with open_source(path) as file:
        return _layout(file, os.fstat(file.fileno()).st_size, text_format.header, quote)


def _layout_of_text(path: Path, has_header: bool, quote: bytes | None) -> Layout:
    head = b""
    with open_text(path) as text:
        while len(head) <= LONGEST_HEADER_BYTES and (block := text.read(LONGEST_HEADER_BYTES)):
            head += block
    found = _layout(BytesIO(head), len(head), has_header, quote)
    if len(head) <= LONGEST_HEADER_BYTES:
        return found
    if found.body_start == len(head):
        raise SourceFileError(
            f"The header of {path} is longer than {LONGEST_HEADER_BYTES:,} bytes.",
            safe="The file was not changed.",
            next_step="Its quotes are not paired, or it has no header: correct it or format.header.",
        )
    return replace(found, size_bytes=-1)


def _layout(file: BinaryIO, size_bytes: int, has_header: bool, quote: bytes | None) -> Layout:
    mark = mark_bytes(file)
    start = body_start(file, has_header, quote)
    file.seek(mark)
    # A header that is the whole file, as when its quote is never closed, may be longer than memory.
    header_lines = file.read(start - mark).count(b"\n") if start < size_bytes else 0
    return Layout(
        size_bytes=size_bytes,
        mark_bytes=mark,
        body_start=start,
        first_line=1 + header_lines,
        header_records=int(start > mark),
        quote=quote,
    )
