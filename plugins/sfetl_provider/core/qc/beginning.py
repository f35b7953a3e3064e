"""The beginning of a file: whether it is text, its header, and where its data starts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.qc.foreign import HEAD_BYTES, foreign_kind
from sfetl_provider.core.qc.header import header_faults, header_remarks
from sfetl_provider.core.qc.report import TextForm
from sfetl_provider.core.qc.structure import RECORD_LIMIT_BYTES
from sfetl_provider.core.tsv.boundaries import body_start, mark_bytes
from sfetl_provider.core.tsv.source import open_source


@dataclass(frozen=True)
class Beginning:
    """What the first bytes and the last one tell; offsets and sizes in bytes.

    `kind` names what the file is when it is no UTF-8 text, empty otherwise; `start` is where the first data
    record starts. `form` counts the header's line end only.
    """

    kind: str
    start: int
    size_bytes: int
    header_lines: int
    header_faults: tuple[str, ...]
    form: TextForm

    @property
    def header_records(self) -> int:
        """1 when the file has a header, 0 otherwise."""
        return int(self.header_lines > 0)


def read_beginning(path: Path, config: FeedConfig) -> Beginning:
    """Look at a file's first bytes and its header; raises SourceFileError when it cannot be read."""
    with open_source(path) as file:
        size_bytes = os.fstat(file.fileno()).st_size
        if kind := foreign_kind(file.read(HEAD_BYTES)):
            return Beginning(kind, 0, size_bytes, 0, (), _form())
        start, header = _header(file, config)
        form = _form(mark_bytes(file) > 0, _is_newline_missing(file, size_bytes), header)
    faults: tuple[str, ...] = ()
    if config.format.header:
        faults = header_faults(header, config.column_names, config.format)
        if not faults:
            form = form.model_copy(
                update={"header_remarks": header_remarks(header, config.column_names, config.format)}
            )
    header_lines = max(header.count(b"\n"), int(bool(header)))
    return Beginning("", start, size_bytes, header_lines, faults, form)


def _form(has_mark: bool = False, is_newline_missing: bool = False, header: bytes = b"") -> TextForm:
    is_crlf = header.endswith(b"\r\n")
    return TextForm(
        has_byte_order_mark=has_mark,
        is_last_newline_missing=is_newline_missing,
        crlf_ends=int(is_crlf),
        lf_ends=int(header.endswith(b"\n") and not is_crlf),
        header_remarks=(),
    )


def _is_newline_missing(file: BinaryIO, size_bytes: int) -> bool:
    if not size_bytes:
        return False
    file.seek(size_bytes - 1)
    return file.read(1) != b"\n"


def _header(file: BinaryIO, config: FeedConfig) -> tuple[int, bytes]:
    quote = config.format.quote.encode() if config.format.quote else None
    mark = mark_bytes(file)
    start = body_start(file, config.format.header, quote)
    file.seek(mark)
    return start, file.read(min(start - mark, RECORD_LIMIT_BYTES))
