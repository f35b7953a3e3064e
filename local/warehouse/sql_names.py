"""Names in DuckDB's SQL."""

from __future__ import annotations

import re

from local.warehouse.table_locks import TableName

HIDDEN_SCHEMA = "_fs_information_schema"


def quoted(*parts: str) -> str:
    """A name of one or more parts, each in double quotes."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def quoted_table(table: TableName) -> str:
    """A table's full name."""
    return quoted(*table)


def hidden(database: str, name: str) -> str:
    """A table of the layer's own in a database, which no SHOW and no INFORMATION_SCHEMA lists."""
    return quoted(database, HIDDEN_SCHEMA, name)


def like_pattern(text: str) -> re.Pattern[str]:
    """What a name must fully match for LIKE in SHOW: % and _ are wildcards, case does not count."""
    parts = (".*" if mark == "%" else "." if mark == "_" else re.escape(mark) for mark in text)
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)
