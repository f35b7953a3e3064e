"""Looking at a file: from a few samples of its bytes to all that can be told about it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from sfetl_provider.core.errors import SourceFileError
from sfetl_provider.core.inspection.column_guess import NULLS, guess_column
from sfetl_provider.core.inspection.content import archive_names, is_packed
from sfetl_provider.core.inspection.dialect import Rows, guess_dialect, rows_of
from sfetl_provider.core.inspection.header_guess import guess_header
from sfetl_provider.core.inspection.line_estimate import estimate_lines
from sfetl_provider.core.inspection.remarks import on_wide_text, remarks_on
from sfetl_provider.core.inspection.report import (
    PLAIN,
    ColumnGuess,
    Dialect,
    Inspection,
    LineEnds,
    LineEstimate,
)
from sfetl_provider.core.inspection.sample import Sample, packed_sample, plain_sample
from sfetl_provider.core.qc.foreign import HEAD_BYTES as KIND_BYTES
from sfetl_provider.core.qc.foreign import foreign_kind
from sfetl_provider.core.tsv.source import open_source

BINARY = "binary data"
UTF16, UTF32 = "UTF-16 text", "UTF-32 text"
_WORKBOOK_PART = "[Content_Types].xml"
_BINARY_SHARE = 0.05
# Tab, line ends, form feed, escape, and the two that serve as delimiters.
_TEXT_CONTROLS = frozenset((9, 10, 12, 13, 27, 1, 31))
_ODD_BYTES = bytes(byte for byte in range(32) if byte not in _TEXT_CONTROLS)
CELLS, MOST_ROWS, LEAST_ROWS = 60_000, 2_000, 200
SAMPLE_ROWS = 5
DIALECT_CHARACTERS = 256 * 1024


def inspect_file(path: Path, monotonic: Callable[[], float]) -> Inspection:
    """Tell all that samples of a file show; at most 1 s and some 40 MiB at any size.

    Raises SourceFileError when the file cannot be read, is no regular file or is broken compressed content.
    """
    started = monotonic()
    size_bytes, beginning = _beginning(path)
    kind = _kind(path, beginning)
    packed = kind if is_packed(kind) else ""
    if kind and not packed and kind != UTF16:
        wide = (on_wide_text("UTF-32"),) if kind == UTF32 else ()
        return Inspection(path=str(path), size_bytes=size_bytes, kind=kind, is_text=False, remarks=wide)
    sample = packed_sample(path, kind, size_bytes) if packed else plain_sample(path, size_bytes, monotonic)
    if reason := _no_text(sample):
        shown = f"{_shown_kind(path, kind)}, holding {reason}" if packed else reason
        return Inspection(path=str(path), size_bytes=size_bytes, kind=shown, is_text=False)
    found = Inspection(
        path=str(path),
        size_bytes=size_bytes,
        kind=_shown_kind(path, kind),
        is_text=True,
        packing=packed,
        **_told(sample, size_bytes),
    )
    remarks = remarks_on(found, sample.has_line_end or sample.is_whole, _nul_bytes(sample))
    return found.model_copy(update={"remarks": remarks, "seconds": round(monotonic() - started, 3)})


def _beginning(path: Path) -> tuple[int, bytes]:
    if path.exists() and not path.is_file() and not path.is_dir():
        # To open a pipe would wait for its writer.
        raise SourceFileError(f"{path} is a device or a pipe.", next_step="Name a file.")
    with open_source(path) as file:
        return os.fstat(file.fileno()).st_size, file.read(KIND_BYTES)


def _kind(path: Path, beginning: bytes) -> str:
    if not beginning:
        return "empty: 0 bytes"
    kind = foreign_kind(beginning)
    if kind and kind.startswith("a zip archive"):
        names = archive_names(path)
        if _WORKBOOK_PART in names:
            return "an Excel workbook"
        if not names:
            return "an empty zip archive"
    return kind


def _shown_kind(path: Path, kind: str) -> str:
    if not kind.startswith("a zip archive"):
        return kind or PLAIN
    first, *others = archive_names(path)
    return f"a zip archive; told of its first file, {first}" + (f", of {1 + len(others)}" if others else "")


def _no_text(sample: Sample) -> str:
    if not sample.head:
        return "nothing: 0 bytes"
    # Two bytes a character make every second one of Latin text odd.
    odd = len(sample.head) - len(sample.head.translate(None, _ODD_BYTES))
    if sample.unit.width == 1 and odd > _BINARY_SHARE * len(sample.head):
        return BINARY
    return ""


def _nul_bytes(sample: Sample) -> int:
    return 0 if sample.unit.width > 1 else sum(piece.count(0) for piece in sample.seen)


def _told(sample: Sample, size_bytes: int) -> dict[str, object]:
    text = sample.decoded(sample.head_lines)
    dialect = guess_dialect(text[:DIALECT_CHARACTERS].rpartition("\n")[0] or text[:DIALECT_CHARACTERS])
    rows, spread = _rows(sample, text, dialect)
    has_header, sureness = guess_header(rows[0], rows[1:]) if rows else (False, "unsure")
    body = rows[1:] if has_header else rows
    names = _names(rows[0] if has_header else [], dialect.columns)
    columns = _columns(names, [*body, *spread])
    return {
        "encoding": sample.encoding.name,
        "codec": sample.encoding.codec,
        "encoding_remark": sample.encoding.remark,
        "line_ends": _line_ends(sample),
        "dialect": dialect,
        "has_header": has_header,
        "header_sureness": sureness,
        "columns": columns,
        "null_markers": _null_markers(columns, [*body, *spread]),
        "sample_rows": tuple(tuple(row) for row in body[:SAMPLE_ROWS]),
        "lines": _lines(sample, size_bytes),
    }


def _rows(sample: Sample, text: str, dialect: Dialect) -> tuple[Rows, Rows]:
    """Give records of the beginning, and as many from all over the file that have the right number of fields."""
    limit = max(LEAST_ROWS, min(MOST_ROWS, CELLS // dialect.columns))
    if not sample.spread:
        return rows_of(text, dialect, limit), []
    each = max(1, limit // 2 // len(sample.spread))
    spread = [row for piece in sample.spread for row in rows_of(sample.decoded(piece), dialect, each)]
    return rows_of(text, dialect, limit // 2), [row for row in spread if len(row) == dialect.columns]


def _names(header: Sequence[str], columns: int) -> list[str]:
    names = [name.strip() for name in header[:columns]]
    return [*names, *(f"column_{number}" for number in range(len(names) + 1, columns + 1))]


def _columns(names: Sequence[str], rows: Rows) -> tuple[ColumnGuess, ...]:
    fitting = [row for row in rows if len(row) == len(names)]
    return tuple(guess_column(name, [row[at] for row in fitting]) for at, name in enumerate(names))


def _null_markers(columns: Sequence[ColumnGuess], rows: Rows) -> tuple[str, ...]:
    """Give the texts that stand for no value in columns of other kinds than text."""
    typed = [at for at, column in enumerate(columns) if column.kind not in ("text", "empty")]
    found = {row[at] for row in rows if len(row) == len(columns) for at in typed} & NULLS
    return tuple(sorted(found))


def _line_ends(sample: Sample) -> LineEnds:
    if sample.unit.width == 1:
        crlf, lf, cr = (sum(piece.count(end) for piece in sample.seen) for end in (b"\r\n", b"\n", b"\r"))
    else:
        text = sample.head.decode(sample.encoding.codec, "replace")
        crlf, lf, cr = (text.count(end) for end in ("\r\n", "\n", "\r"))
    return LineEnds(lf=lf - crlf, crlf=crlf, cr=cr - crlf)


def _lines(sample: Sample, size_bytes: int) -> LineEstimate:
    if sample.blocks:
        return estimate_lines(size_bytes, sample.blocks)
    lines, seen = sample.unit.lines(sample.head), len(sample.head)
    if sample.is_whole:
        lines += int(sample.unit.view(sample.head)[-1]) != sample.unit.newline
        return LineEstimate(lines=lines, low=lines, high=lines, sampled_bytes=seen)
    return LineEstimate(lines=round(lines / sample.packed_share), low=None, high=None, sampled_bytes=seen)
