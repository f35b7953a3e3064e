"""Where the data of a source file lies."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sfetl_provider.core.config.model import FormatConfig
from sfetl_provider.core.tsv.boundaries import body_start, mark_bytes
from sfetl_provider.core.tsv.source import open_source


@dataclass(frozen=True)
class Layout:
    """Where a file's data starts; sizes in bytes, `first_line` is the number of the first data line."""

    size_bytes: int
    mark_bytes: int
    body_start: int
    first_line: int
    header_records: int
    quote: bytes | None


def read_layout(path: Path, text_format: FormatConfig) -> Layout:
    """Look at a file's beginning: byte order mark and header. Raises SourceFileError."""
    quote = text_format.quote.encode() if text_format.quote else None
    with open_source(path) as file:
        size_bytes = os.fstat(file.fileno()).st_size
        mark = mark_bytes(file)
        start = body_start(file, text_format.header, quote)
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
