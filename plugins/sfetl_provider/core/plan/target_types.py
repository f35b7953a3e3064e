"""The types of the target table's columns: asked for once a run, carried in the plan, filled into the feed.

Source: docs.snowflake.com/en/sql-reference/sql/desc-table.
"""

from __future__ import annotations

from sfetl_provider.core.column_type import read_column_type
from sfetl_provider.core.config.column_model import ColumnConfig
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.errors import StatementError
from sfetl_provider.core.plan.load_columns import NOT_NULL
from sfetl_provider.core.plan.month_plan import TableName, TargetTypes
from sfetl_provider.core.plan.names import quoted_table
from sfetl_provider.core.ports import Warehouse

_DOES_NOT_EXIST = 2003


def read_target_types(warehouse: Warehouse, table: TableName, config: FeedConfig) -> TargetTypes:
    """Give the feed's columns by their type in the table, as {"NUMBER(9,2) NOT NULL": ("AMOUNT", …), …}.

    By type, as the plan travels to every task: each type and name once. Empty unless `qc.target` is table, and
    when there is no such table or the role may not see it. Raises StatementError for any other refusal.
    """
    if config.qc.target != "table":
        return {}
    try:
        described = warehouse.query(f"DESCRIBE TABLE {quoted_table(table)}").records()
    except StatementError as error:
        if error.code != _DOES_NOT_EXIST:
            raise
        return {}
    by_type: dict[str, tuple[str, ...]] = {}
    for column in described:
        name = str(column["name"])
        if name in config.column_names:
            key = f"{column['type']}{NOT_NULL if column['null?'] == 'N' else ''}"
            by_type[key] = (*by_type.get(key, ()), name)
    return by_type


def with_target_types(config: FeedConfig, types: TargetTypes) -> FeedConfig:
    """Give the feed with the table's types in place of its own, and NOT NULL where the table says so.

    Without types, it is given as it is. A type that is not known here becomes none.
    """
    if not types:
        return config
    of_column = {name: key for key, names in types.items() for name in names}
    is_empty_text = "" not in config.format.null_markers
    columns = tuple(
        _typed(column, of_column.get(column.name, ""), is_empty_text) for column in config.columns
    )
    return config.model_copy(update={"columns": columns})


def _typed(column: ColumnConfig, described: str, is_empty_text: bool) -> ColumnConfig:
    """`is_empty_text`: an empty field is a text of no characters, which NOT NULL allows."""
    try:
        known = read_column_type(described.removesuffix(NOT_NULL))
    except ValueError:
        known = None
    may_be_empty = is_empty_text and known is not None and known.kind == "text"
    is_required = described.endswith(NOT_NULL) and not may_be_empty
    return column.model_copy(
        update={"type": known.text if known else None, "nullable": column.nullable and not is_required}
    )
