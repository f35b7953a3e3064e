"""Files with more columns than the config names, which `schema_changes: ignore` loads and does not publish."""

from __future__ import annotations

from collections.abc import Sequence

from sfetl_provider.core.config.column_model import ColumnConfig
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.identifiers import quote_identifier


def with_file_columns(config: FeedConfig, header: Sequence[str]) -> FeedConfig:
    """Give the feed with the columns of its files, by the names that `note_headers` found; as it is for none."""
    if not header:
        return config
    known = {column.name: column for column in config.columns}
    columns = tuple(
        known[name] if name in known else ColumnConfig(name=quote_identifier(name)) for name in header
    )
    return config.model_copy(update={"columns": columns})


def unknown_columns(config: FeedConfig, header: Sequence[str]) -> tuple[str, ...]:
    """Give the columns of a header that the config does not name."""
    return tuple(name for name in header if name not in config.column_names)
