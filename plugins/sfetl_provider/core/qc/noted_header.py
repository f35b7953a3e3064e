"""What the headers of a month's files name beside the columns of the config."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import SourceFileError
from sfetl_provider.core.identifiers import quote_identifier, resolve_identifier
from sfetl_provider.core.plan.month_plan import SourceFile
from sfetl_provider.core.qc.beginning import read_header
from sfetl_provider.core.qc.header import header_names


def note_headers(files: Sequence[SourceFile], config: FeedConfig) -> list[SourceFile]:
    """Give the files, each with its columns when it has others than the config and the feed ignores such.

    Without a header, with another policy, or when columns are masked before staging, which happens by the config's
    places, they are given as they are, and QC refuses such a header. Reads the first record of each. Raises
    SourceFileError when a file cannot be read or the files have different columns.
    """
    is_masked = any(column.is_masked("before_stage") for column in config.columns)
    if not config.format.header or config.table.schema_changes != "ignore" or is_masked:
        return list(files)
    noted = [file.model_copy(update={"header": _columns_of(Path(file.path), config)}) for file in files]
    different = {file.header: file.name for file in noted}
    if len(different) > 1:
        raise SourceFileError(
            f"The files of the month have different columns: {', '.join(different.values())}.",
            safe="Nothing was staged or loaded.",
            next_step="Have them delivered with the same columns, then clear this task.",
            stage="wait",
        )
    return noted


def _columns_of(path: Path, config: FeedConfig) -> tuple[str, ...]:
    """Give the columns by their stored names; nothing when there are no others, or the header has a fault."""
    try:
        names = [name.strip() for name in header_names(read_header(path, config), config.format)]
        columns = tuple(_stored(name, config) for name in names)
    except (UnicodeDecodeError, csv.Error, ValueError):
        return ()
    known = tuple(name for name in columns if name in config.column_names)
    is_sound = known == config.column_names and len(set(columns)) == len(columns)
    return columns if is_sound and columns != known else ()


def _stored(name: str, config: FeedConfig) -> str:
    """Give the name as SQL would store it, or as it is when it cannot stand there without quotes."""
    for known in config.column_names:
        if known.casefold() == name.casefold():
            return known
    try:
        return resolve_identifier(name)
    except ValueError:
        return resolve_identifier(quote_identifier(name))
