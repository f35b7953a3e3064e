"""The beginning of a file: whether it is text, its header, and where its data starts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.qc.foreign import (
    HEAD_BYTES,
    WIDE_REASON,
    WIDE_TEXTS,
    foreign_kind,
    packed_otherwise,
    packing_suffix,
)
from sfetl_provider.core.qc.header import header_faults, header_remarks
from sfetl_provider.core.qc.other_delimiter import HEAD_BYTES as DELIMITER_HEAD_BYTES
from sfetl_provider.core.qc.other_delimiter import other_delimiter
from sfetl_provider.core.qc.record_limit import RECORD_LIMIT_BYTES
from sfetl_provider.core.qc.report import TextForm
from sfetl_provider.core.tsv.boundaries import body_start, mark_bytes
from sfetl_provider.core.tsv.compressed import DamagedSourceError, is_compressed
from sfetl_provider.core.tsv.source import open_source
from sfetl_provider.core.tsv.text_file import Text, open_text_file


@dataclass(frozen=True)
class Beginning:
    """What the first bytes tell; `size_bytes` is the file's, other offsets are those of its text.

    `refusal` says why it cannot be read as text, empty otherwise; `start` is where the first data
    record starts, `has_body` whether there is one. `form` is that of the header only. `other_delimiter` is the
    one that the file seems to have instead of the feed's.
    """

    refusal: str
    start: int
    has_body: bool
    size_bytes: int
    header_lines: int
    header_faults: tuple[str, ...]
    form: TextForm
    other_delimiter: str = ""

    @property
    def header_records(self) -> int:
        """1 when the file has a header, 0 otherwise."""
        return int(self.header_lines > 0)


def read_beginning(path: Path, config: FeedConfig) -> Beginning:
    """Look at a file's first bytes and its header; raises SourceFileError when it cannot be read."""
    with open_source(path) as file:
        size_bytes = os.fstat(file.fileno()).st_size
        head = file.read(HEAD_BYTES)
    refusal = packed_otherwise(path.suffix.lower(), head) if head and is_compressed(path) else ""
    if refusal:
        return _without_text(refusal, size_bytes)
    try:
        with open_text_file(path) as text:
            return _beginning(
                text, size_bytes, config, "the text in it" if is_compressed(path) else "the file"
            )
    except DamagedSourceError as error:
        return _without_text(f"the file cannot be decompressed: {error.reason}", size_bytes)


def read_header(path: Path, config: FeedConfig) -> bytes:
    """Give the first record of a file whose feed has headers; raises SourceFileError when it cannot be read."""
    with open_text_file(path) as text:
        return _header(text, config)[1]


def _without_text(refusal: str, size_bytes: int) -> Beginning:
    return Beginning(refusal, 0, False, size_bytes, 0, (), _form())


def _beginning(text: Text, size_bytes: int, config: FeedConfig, subject: str) -> Beginning:
    encoding = config.format.encoding
    if kind := foreign_kind(text.read(HEAD_BYTES)):
        wanted = encoding.replace("UTF8", "UTF-8")
        return _without_text(f"{subject} is {kind}, not delimited {wanted} text{_advice(kind)}", size_bytes)
    if encoding != "UTF8" and mark_bytes(text):
        wrong = f"begins with UTF-8's byte order mark, but format.encoding is {encoding}"
        return _without_text(f"{subject} {wrong}", size_bytes)
    start, header = _header(text, config)
    form = _form(mark_bytes(text) > 0, header)
    text.seek(start)
    has_body = bool(text.read(1))
    text.seek(mark_bytes(text))
    other = other_delimiter(text.read(DELIMITER_HEAD_BYTES), len(config.columns), config.format)
    faults: tuple[str, ...] = ()
    if config.format.header:
        faults = header_faults(header, config.column_names, config.format)
        if not faults:
            form = form.model_copy(
                update={"header_remarks": header_remarks(header, config.column_names, config.format)}
            )
    header_lines = max(header.count(b"\n"), int(bool(header)))
    return Beginning("", start, has_body, size_bytes, header_lines, faults, form, other)


def _advice(kind: str) -> str:
    if kind in WIDE_TEXTS:
        name = kind.removesuffix(" text")
        return f": {WIDE_REASON}; convert it, as with iconv -f {name}LE (or {name}BE) -t UTF-8"
    suffix = packing_suffix(kind)
    # A zip may be a workbook, which stays none under another name.
    return f" (named {suffix} it would be decompressed)" if suffix and suffix != ".zip" else ""


def _form(has_mark: bool = False, header: bytes = b"") -> TextForm:
    is_crlf = header.endswith(b"\r\n")
    return TextForm(
        has_byte_order_mark=has_mark,
        is_last_newline_missing=header != b"" and not header.endswith(b"\n"),
        crlf_ends=int(is_crlf),
        lf_ends=int(header.endswith(b"\n") and not is_crlf),
        header_remarks=(),
    )


def _header(text: Text, config: FeedConfig) -> tuple[int, bytes]:
    quote = config.format.quote.encode() if config.format.quote else None
    mark = mark_bytes(text)
    start = body_start(text, config.format.header, quote)
    text.seek(mark)
    return start, text.read(min(start - mark, RECORD_LIMIT_BYTES))
