"""What Snowflake says of a table without reading it: its columns, and how large it is.

Both questions are about metadata and need no virtual warehouse to run. INFORMATION_SCHEMA.TABLES would need one.
Sources: docs.snowflake.com/en/sql-reference/sql/desc-table, …/sql/show-tables (LIKE goes by pattern and in any
case, so the name is compared again; bytes are those that a scan of the whole table reads).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sfetl_provider.core.audit.load_rules import known_types
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import StatementError, TargetTableError
from sfetl_provider.core.identifiers import quote_identifier, quote_literal
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.plan.names import quoted_table, target_table
from sfetl_provider.core.plan.target_columns import describe_target
from sfetl_provider.core.ports import Warehouse

_DATED = ("date", "timestamp")
_LISTED_COLUMNS = 30


@dataclass(frozen=True)
class TableFacts:
    """A table, the types of its columns as DESCRIBE TABLE writes them, and its bytes (None: not told)."""

    table: TableName
    date_column: str
    columns: Mapping[str, str]
    size_bytes: int | None

    @property
    def day(self) -> str:
        """The SQL of a row's day.

        A TIMESTAMP_TZ cast to DATE keeps the day of its own offset; cast to TIMESTAMP_LTZ first, it has that of
        the session's zone, as when it is compared with a date.
        Source: docs.snowflake.com/en/sql-reference/data-type-conversion.
        """
        column = quote_identifier(self.date_column)
        is_zoned = self.columns[self.date_column].upper().startswith("TIMESTAMP_TZ")
        return f"CAST(CAST({column} AS TIMESTAMP_LTZ) AS DATE)" if is_zoned else f"CAST({column} AS DATE)"


def size_statement(table: TableName) -> str:
    """Give the question for a table's size."""
    schema = f"{quote_identifier(table.database)}.{quote_identifier(table.schema_name)}"
    return f"SHOW TABLES LIKE {quote_literal(table.name)} IN SCHEMA {schema}"


def read_facts(warehouse: Warehouse, config: FeedConfig) -> TableFacts:
    """Ask for a feed's table; raises TargetTableError when it is not there or has no usable date column."""
    table, date_column = target_table(config), config.target_date_column
    described = describe_target(warehouse, table)
    if described is None:
        raise TargetTableError(
            f"{quoted_table(table)} does not exist, or the role of the connection may not see it.",
            safe="Nothing was looked at.",
            next_step=f"Correct section table of feed {config.feed}, load its first month, or grant SELECT.",
        )
    columns = {column.name: column.type for column in described}
    _require_dated(config, table, columns)
    return TableFacts(table, date_column, columns, _size_bytes(warehouse, table))


def _require_dated(config: FeedConfig, table: TableName, columns: Mapping[str, str]) -> None:
    name = config.target_date_column
    if name not in columns:
        listed = ", ".join(list(columns)[:_LISTED_COLUMNS])
        raise TargetTableError(
            f"{quoted_table(table)} has no column {name}, by which feed {config.feed} puts its rows into months.",
            safe="Nothing was looked at.",
            next_step=f"Correct date.column, or the column's target. The table's columns are {listed}.",
        )
    found = known_types(columns).get(name)
    if found is None or found.kind not in _DATED:
        raise TargetTableError(
            f"Column {name} of {quoted_table(table)} is {columns[name]}, no date: its rows belong to no day.",
            safe="Nothing was looked at.",
            next_step="Make it DATE or TIMESTAMP, or let date.column name a column that is.",
        )


def _size_bytes(warehouse: Warehouse, table: TableName) -> int | None:
    try:
        shown = warehouse.query(size_statement(table)).records()
    except StatementError:
        return None
    sizes = (row["bytes"] for row in shown if row["name"] == table.name)
    size = next(sizes, None)
    return None if size is None else int(str(size))
