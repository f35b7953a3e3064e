"""Which delimiter a file seems to have when the feed's own does not fit."""

from __future__ import annotations

import csv

from sfetl_provider.core.config.file_model import FormatConfig
from sfetl_provider.core.qc.header import header_names

HEAD_BYTES = 64 * 1024
_RECORDS = 20
_NAMES = {
    "\t": "tabs",
    "|": "pipes",
    ";": "semicolons",
    ",": "commas",
    "^": "carets",
    "~": "tildes",
    ":": "colons",
    " ": "blanks",
    "\x01": "\\x01",
    "\x1f": "\\x1f",
}


def other_delimiter(head: bytes, columns: int, text_format: FormatConfig) -> str:
    """Give the delimiter that cuts each of the first lines into so many columns where the feed's own cuts none so.

    `head` is the text's first 64 KiB without byte order mark. Empty when the feed's own fits a line, when no other
    or several fit all, and for a feed of one column. Lines within quoted fields may spoil the answer, never a
    report: it is advice.
    """
    whole = head[: head.rfind(b"\n") + 1] if len(head) >= HEAD_BYTES else head
    lines = [line for line in whole.splitlines(keepends=True) if line.strip()][:_RECORDS]
    if (
        columns == 1
        or not lines
        or any(_fits(line, text_format.delimiter, columns, text_format) for line in lines)
    ):
        return ""
    fitting = [
        delimiter
        for delimiter in _NAMES
        if delimiter != text_format.delimiter
        and all(_fits(line, delimiter, columns, text_format) for line in lines)
    ]
    return fitting[0] if len(fitting) == 1 else ""


def delimiter_name(delimiter: str) -> str:
    """Give a delimiter's name in the plural, as in "separated by tabs"."""
    return _NAMES.get(delimiter, delimiter)


def _fits(line: bytes, delimiter: str, columns: int, text_format: FormatConfig) -> bool:
    try:
        return len(header_names(line, text_format.model_copy(update={"delimiter": delimiter}))) == columns
    except (UnicodeDecodeError, csv.Error):
        return False
