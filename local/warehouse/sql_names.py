"""Names in DuckDB's SQL."""

from __future__ import annotations

from local.warehouse.transactions.table_locks import TableName

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
