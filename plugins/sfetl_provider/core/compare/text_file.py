"""A text file as one side of a comparison: which of its columns are which, and how DuckDB reads it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sfetl_provider.core.config.file_model import FormatConfig
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import SourceFileError
from sfetl_provider.core.plan.month_plan import SourceFile
from sfetl_provider.core.qc.beginning import Beginning, read_beginning
from sfetl_provider.core.qc.header import header_names
from sfetl_provider.core.qc.record_block import Shape
from sfetl_provider.core.qc.record_limit import RECORD_LIMIT_BYTES
from sfetl_provider.core.qc.values import reading, reading_binds
from sfetl_provider.core.tsv.boundaries import body_start, mark_bytes
from sfetl_provider.core.tsv.fingerprint import fingerprint
from sfetl_provider.core.tsv.text_file import open_text_file

SAFE = "Nothing was changed."


@dataclass(frozen=True)
class TextFile:
    """A file and the names of its columns in its own order; None for one that the feed does not know."""

    source: SourceFile
    beginning: Beginning
    columns: tuple[str | None, ...]
    text_format: FormatConfig
    fingerprint: str
    remarks: tuple[str, ...]

    @property
    def shape(self) -> Shape:
        """What its records look like."""
        form = self.text_format
        quote = form.quote.encode() if form.quote else None
        return Shape(len(self.columns), form.delimiter.encode(), quote, form.encoding)

    def position(self, column: str) -> str:
        """Give the name under which `relation` holds a column."""
        return f"c{self.columns.index(column)}"

    def relation(self) -> str:
        """Give DuckDB's table function for the records, as texts c0, c1, …"""
        return reading(len(self.columns))

    def binds(self, readable: Path) -> dict[str, Any]:
        """Give what `relation` and `text_of` bind; `readable` is what a TextFeed gives."""
        return {"path": str(readable), **reading_binds(self.beginning.header_records, self.text_format)}

    def text_of(self, column: str) -> str:
        """Give the SQL of a column's text, NULL where a marker stands for it."""
        text = f"coalesce({self.position(column)}, '')"
        return f"CASE WHEN list_contains($markers, {text}) THEN NULL ELSE {text} END"


def look_at_file(source: SourceFile, config: FeedConfig) -> TextFile:
    """Look at a file's beginning: a header is told by its names, whether the feed has one or not.

    With a header the columns may stand in another order, and some may be missing or unknown. Raises
    SourceFileError when the file cannot be read, is no text, or names a column twice.
    """
    path = Path(source.path)
    print_before = fingerprint(path)
    if refusal := read_beginning(path, config).refusal:
        raise _unreadable(source, f"cannot be compared: {refusal}")
    names = _first_names(path, config)
    is_header = _is_header(names, config)
    text_format = config.format.model_copy(update={"header": is_header})
    beginning = read_beginning(path, config.model_copy(update={"format": text_format}))
    columns, remarks = _columns(source, names if is_header else (), config)
    return TextFile(source, beginning, columns, text_format, print_before, remarks)


def _first_names(path: Path, config: FeedConfig) -> tuple[str, ...]:
    quote = config.format.quote.encode() if config.format.quote else None
    with open_text_file(path) as text:
        start = mark_bytes(text)
        end = body_start(text, True, quote)
        text.seek(start)
        first = text.read(min(end - start, RECORD_LIMIT_BYTES))
    try:
        return tuple(name.strip().casefold() for name in header_names(first, config.format))
    except (UnicodeDecodeError, csv.Error):
        return ()


def _is_header(names: Sequence[str], config: FeedConfig) -> bool:
    known = {name.casefold() for name in config.column_names}
    if config.format.header:
        return bool(known & set(names))
    return known == set(names)


def _columns(
    source: SourceFile, names: Sequence[str], config: FeedConfig
) -> tuple[tuple[str | None, ...], tuple[str, ...]]:
    if not names:
        remark = "it has no header; its columns are taken in the feed's order"
        return config.column_names, (remark,) if config.format.header else ()
    known = {name.casefold(): name for name in config.column_names}
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise _unreadable(source, f"has a header that names columns twice: {', '.join(doubled)}")
    columns = tuple(known.get(name) for name in names)
    remarks = []
    if not config.format.header:
        remarks.append("it has a header, which the feed does not expect; it was not compared")
    if missing := [name for name in config.column_names if name not in columns]:
        remarks.append(f"columns missing: {', '.join(missing)}")
    if extra := [name for name in names if name not in known]:
        remarks.append(f"columns that the feed does not know: {', '.join(extra)}")
    if [name for name in columns if name] != [name for name in config.column_names if name in columns]:
        remarks.append(f"columns in another order than the feed's: {', '.join(names)}")
    return columns, tuple(remarks)


def _unreadable(source: SourceFile, why: str) -> SourceFileError:
    return SourceFileError(
        f"{source.name} {why}.", safe=SAFE, next_step="Name another file.", stage="compare"
    )
