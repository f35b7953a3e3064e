"""The header of a file, compared with the configured columns."""

from __future__ import annotations

import csv
from collections.abc import Sequence

from sfetl_provider.core.config.file_model import FormatConfig
from sfetl_provider.core.text_encoding import codec_of


def header_faults(header: bytes, columns: Sequence[str], text_format: FormatConfig) -> tuple[str, ...]:
    """Say in words how a header differs from the columns; nothing when it names them in their order.

    `header` is the first record without byte order mark. Names are compared without case and surrounding
    blanks.
    """
    if b"\r" in _without_end(header):
        return ("the header holds a carriage return that ends no line",)
    try:
        names = header_names(header, text_format)
    except UnicodeDecodeError:
        is_utf8 = text_format.encoding == "UTF8"
        wrong = (
            "is not UTF-8 text" if is_utf8 else f"holds a byte that {text_format.encoding} leaves undefined"
        )
        return (f"the header {wrong}",)
    except csv.Error as error:
        return (f"the header cannot be read: {error}",)
    if names == [""]:
        return ("the header is empty",)
    found, wanted = [name.strip().casefold() for name in names], [name.casefold() for name in columns]
    if found == wanted:
        return ()
    return tuple(_differences(found, wanted))


def header_remarks(header: bytes, columns: Sequence[str], text_format: FormatConfig) -> tuple[str, ...]:
    """Say where an accepted header, which has no faults, is spelled otherwise than the columns.

    SQL reads names without case, so a header all in lower or all in upper case is spelled as the columns are.
    """
    names = header_names(header, text_format)
    pairs = list(zip(names, columns, strict=True))
    remarks = []
    blanks = [wanted for name, wanted in pairs if name != name.strip()]
    if blanks:
        remarks.append(f"{len(blanks)} of {len(pairs)} names with blanks around them: {', '.join(blanks)}")
    names = [name.strip() for name in names]
    is_uniform = any(all(change(name) == name for name in names) for change in (str.lower, str.upper))
    other = [
        f"{name} for {wanted}"
        for name, wanted in zip(names, columns, strict=True)
        if name != wanted and not (is_uniform and wanted == wanted.upper())
    ]
    if other:
        remarks.append(f"{len(other)} of {len(pairs)} names in other case: {', '.join(other)}")
    return tuple(remarks)


def header_names(header: bytes, text_format: FormatConfig) -> list[str]:
    """Give the fields of a first record; raises UnicodeDecodeError, csv.Error when its quotes are broken."""
    text = _without_end(header).decode(codec_of(text_format.encoding))
    if text_format.quote is None:
        return text.split(text_format.delimiter)
    reader = csv.reader([text], delimiter=text_format.delimiter, quotechar=text_format.quote, strict=True)
    return next(reader, [""])


def _without_end(header: bytes) -> bytes:
    return header.removesuffix(b"\r\n") if header.endswith(b"\r\n") else header.removesuffix(b"\n")


def _differences(found: list[str], wanted: list[str]) -> list[str]:
    missing = [name for name in wanted if name not in found]
    extra = [name for name in dict.fromkeys(found) if name not in wanted]
    doubled = sorted({name for name in found if found.count(name) > 1})
    faults = [
        f"{what}: {', '.join(name or '(empty)' for name in names)}"
        for what, names in (
            ("columns missing", missing),
            ("columns not in the configuration", extra),
            ("columns named twice", doubled),
        )
        if names
    ]
    return faults or [f"columns in another order: {', '.join(found)} instead of {', '.join(wanted)}"]
