"""What about an inspected file hinders a load, or deserves a look."""

from __future__ import annotations

from collections.abc import Iterator

from sfetl_provider.core.inspection.report import ColumnGuess, Inspection
from sfetl_provider.core.qc.foreign import WIDE_REASON, packing_suffix
from sfetl_provider.core.text_encoding import encoding_of


def remarks_on(found: Inspection, has_line_end: bool, nul_bytes: int) -> tuple[str, ...]:
    """Give the remarks on a file, the gravest first."""
    return tuple(_remarks(found, has_line_end, nul_bytes))


def on_wide_text(encoding: str) -> str:
    """Say why a load takes no text of more bytes a character; the encoding is named as for iconv."""
    return f"A load does not take it, as {WIDE_REASON}; convert it, as with: iconv -f {encoding} -t UTF-8."


def _remarks(found: Inspection, has_line_end: bool, nul_bytes: int) -> Iterator[str]:
    if found.packing:
        yield _on_packing(found)
    yield from _on_encoding(found)
    if not has_line_end:
        yield "No line ends in what was read of its beginning: is it one line, or a file of another kind?"
    if nul_bytes:
        yield f"NUL bytes in the sample: {nul_bytes:,}; QC refuses the lines that hold them."
    yield from _on_line_ends(found)
    if found.dialect and found.dialect.sureness == "unsure":
        yield "Delimiter unsure: the sampled records differ in their number of fields."
    for column in found.columns:
        yield from _on_column(column)
    if not any(column.kind in ("date", "timestamp") for column in found.columns):
        yield "No column looks like a date or timestamp; a feed needs one for the month of each record."


def _on_packing(found: Inspection) -> str:
    suffix = packing_suffix(found.packing)
    if not suffix:
        return (
            "It is compressed as a load does not take it: unpack it, or pack it as .gz, .zst, .bz2 or .zip."
        )
    if not found.has_fitting_name:
        return (
            f"It is compressed, but a load takes it for plain text: give it a name that ends with {suffix}."
        )
    alone = " An archive of several files is refused." if suffix == ".zip" else ""
    return f"It is compressed; a load reads it as a stream, lines and bytes are those of its text.{alone}"


def _on_encoding(found: Inspection) -> Iterator[str]:
    encoding = encoding_of(found.codec)
    if encoding is None:
        yield on_wide_text(found.codec.upper().replace("16-", "16"))
    elif encoding != "UTF8":
        yield (
            f"It is not UTF-8; format.encoding {encoding} is a guess, as encodings of one byte a character look "
            "alike: see whether the letters in the sample rows are right."
        )


def _on_line_ends(found: Inspection) -> Iterator[str]:
    ends = found.line_ends
    if ends and ends.lf and ends.crlf:
        yield f"Mixed line ends in the sample: {ends.crlf:,} CRLF, {ends.lf:,} LF."
    if ends and ends.cr:
        alone = "" if ends.lf or ends.crlf else " and nothing else ends a line"
        yield f"Carriage returns alone in the sample: {ends.cr:,}{alone}; lines must end with LF or CRLF."


def _on_column(column: ColumnGuess) -> Iterator[str]:
    if column.misfits:
        share = f"{column.misfits:,} of {column.values - column.nulls:,}"
        yield f"Column {column.name}: {share} sampled values are no {column.kind}, as {column.misfit!r}."
    if column.other_formats:
        formats = ", ".join(column.other_formats)
        yield f"Column {column.name}: {formats} fits the sample as well as {column.format}."
