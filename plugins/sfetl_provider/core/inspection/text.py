"""An inspection as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from sfetl_provider.core.aligned import aligned
from sfetl_provider.core.inspection.report import (
    ColumnGuess,
    Dialect,
    Inspection,
    LineCount,
    LineEnds,
    LineEstimate,
    TimeEstimate,
)
from sfetl_provider.core.printable import printable

LABEL_WIDTH = 12
CELL_CHARACTERS = 24
_UNITS = ((10**9, "GB"), (10**6, "MB"), (10**3, "KB"))
_TELLING_BYTES = 10**7
_DELIMITERS = {
    "\t": "tab",
    ",": "comma",
    "|": "pipe",
    ";": "semicolon",
    ":": "colon",
    " ": "blank",
    "": "none: one column",
}
_COLUMN_HEADS = ("#", "column", "type", "null", "longest", "range in the sample")


def render_inspection(
    found: Inspection, count: LineCount | None = None, times: TimeEstimate | None = None
) -> str:
    """Give what is known, a line each, the columns as a table, and sample rows."""
    lines = [*_labelled(_facts(found, count, times))]
    for title, table in (("Columns", _columns(found)), ("Sample rows", _sample_rows(found))):
        if len(table) > 1:
            lines += ["", f"{title}:", *(f"  {line}" for line in aligned(table))]
    if found.remarks:
        lines += ["", "To note:", *(f"  {printable(remark)}" for remark in found.remarks)]
    return "\n".join(lines)


def _labelled(facts: Iterator[tuple[str, str]]) -> Iterator[str]:
    return (f"{label:<{LABEL_WIDTH}}{printable(value)}" for label, value in facts)


def _facts(
    found: Inspection, count: LineCount | None, times: TimeEstimate | None
) -> Iterator[tuple[str, str]]:
    yield "file", found.path
    yield "size", _bytes(found.size_bytes)
    yield "kind", found.kind
    if found.encoding:
        yield "encoding", f"{found.encoding} ({found.encoding_remark})"
    if found.line_ends:
        yield "line ends", _line_ends(found.line_ends)
    if found.dialect:
        yield "delimiter", _delimiter(found.dialect)
        yield "quotes", printable(found.dialect.quote) or "none in the sample"
        yield "header", f"{'yes' if found.has_header else 'no'} ({found.header_sureness})"
    if found.null_markers:
        yield "nulls", ", ".join(marker or "empty fields" for marker in found.null_markers)
    if count:
        yield from _counted(count)
    elif found.lines:
        yield "lines", _lines(found.lines)
    if times:
        yield from _times(times)


def _line_ends(ends: LineEnds) -> str:
    kinds = {"LF": ends.lf, "CRLF": ends.crlf, "CR": ends.cr}
    seen = [f"{name} ({number:,} in the sample)" for name, number in kinds.items() if number]
    return " and ".join(seen) or "none in the sample"


def _delimiter(dialect: Dialect) -> str:
    name = _DELIMITERS.get(dialect.delimiter) or repr(dialect.delimiter)
    if not dialect.delimiter:
        return f"{name} ({dialect.sureness})"
    records = f"{dialect.sampled_records:,} sampled records have {dialect.columns} fields"
    return f"{name} ({dialect.sureness}: {100 * dialect.share:.4g} % of {records})"


def _lines(lines: LineEstimate) -> str:
    if lines.is_exact:
        return f"{lines.lines:,} (all counted)"
    seen = _size(lines.sampled_bytes)
    if lines.low is None or lines.high is None:
        return f"about {lines.lines:,}, guessed from the first {seen} of the content; --count counts them"
    share = 100 * (lines.high - lines.low) / 2 / lines.lines if lines.lines else 0
    bounds = f"{lines.low:,} to {lines.high:,} with 99 % confidence"
    return f"about {lines.lines:,} ± {share:.2g} % ({bounds}, from {seen} all over the file); --count counts them"


def _counted(count: LineCount) -> Iterator[tuple[str, str]]:
    is_telling = count.seconds and count.content_bytes > _TELLING_BYTES
    rate = f", {_size(count.content_bytes / count.seconds)}/s" if is_telling else ""
    yield "lines", f"{count.lines:,} (counted in {count.seconds:.1f} s{rate})"
    yield "empty lines", f"{count.empty_lines:,}"
    yield "last line", "has no newline at its end" if count.is_last_newline_missing else "ends with a newline"


def _times(times: TimeEstimate) -> Iterator[tuple[str, str]]:
    measured = _size(times.measured_bytes)
    yield "estimate", f"from running both on the first {measured} here, now; the upload is not in it"
    yield "  QC", f"{_duration(times.qc_seconds)}"
    size = _size(times.text_bytes * times.compressed_share)
    yield (
        "  compress",
        f"{_duration(times.compress_seconds)}, to about {size} ({100 * times.compressed_share:.0f} %)",
    )


def _columns(found: Inspection) -> list[tuple[str, ...]]:
    return [_COLUMN_HEADS, *(_column(number, column) for number, column in enumerate(found.columns, 1))]


def _column(number: int, column: ColumnGuess) -> tuple[str, ...]:
    nulls = f"{100 * column.nulls / column.values:.3g} %" if column.nulls else "-"
    span = f"{column.low} to {column.high}" if column.low else column.remark
    return (
        str(number),
        printable(column.name),
        _kind(column),
        nulls,
        str(column.longest) if column.longest else "-",
        printable(f"{span}, {column.remark}" if column.low and column.remark else span),
    )


def _kind(column: ColumnGuess) -> str:
    match column.kind:
        case "integer":
            return f"integer ({column.whole_digits})"
        case "number":
            return f"number ({column.whole_digits + column.decimals},{column.decimals})"
    return f"{column.kind} {column.format}".strip()


def _sample_rows(found: Inspection) -> list[tuple[str, ...]]:
    widest = max(map(len, found.sample_rows), default=0)
    rows = [tuple(map(_cell, row)) + ("",) * (widest - len(row)) for row in found.sample_rows]
    heads = [_cell(column.name) for column in found.columns][:widest]
    return [(*heads, *("",) * (widest - len(heads))), *rows] if rows else []


def _cell(text: str) -> str:
    shown = printable(text[: CELL_CHARACTERS + 1])
    return shown if len(shown) <= CELL_CHARACTERS else f"{shown[: CELL_CHARACTERS - 1]}…"


def _bytes(size_bytes: int) -> str:
    exact = f"{size_bytes:,} bytes"
    return f"{exact} ({_size(size_bytes)})" if size_bytes >= _UNITS[-1][0] else exact


def _size(size_bytes: float) -> str:
    for unit_bytes, unit in _UNITS:
        if size_bytes >= unit_bytes:
            return f"{size_bytes / unit_bytes:,.2f} {unit}"
    return f"{size_bytes:.0f} bytes"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"about {seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"about {minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"about {minutes} min"
