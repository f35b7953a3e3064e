"""The types of the target table's columns: asked for once a run, carried in the plan, filled into the feed."""

from __future__ import annotations

from collections.abc import Sequence

from sfetl_provider.core.column_type import read_column_type
from sfetl_provider.core.config.column_model import ColumnConfig
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.plan.load_columns import NOT_NULL
from sfetl_provider.core.plan.month_plan import TargetTypes
from sfetl_provider.core.plan.target_columns import TargetColumn


def target_types(described: Sequence[TargetColumn], config: FeedConfig) -> TargetTypes:
    """Give the file's columns by their type in the table, as {"NUMBER(9,2) NOT NULL": ("AMOUNT", …), …}.

    By type, as the plan travels to every task: each type and name once.
    """
    names = {column.target_name: column.name for column in config.columns}
    by_type: dict[str, tuple[str, ...]] = {}
    for column in described:
        if column.name in names:
            key = f"{column.type}{NOT_NULL if column.is_required else ''}"
            by_type[key] = (*by_type.get(key, ()), names[column.name])
    return by_type


def with_target_types(config: FeedConfig, types: TargetTypes) -> FeedConfig:
    """Give the feed with the table's types in place of its own, and NOT NULL where the table says so.

    Without types, or unless `qc.target` is table, it is given as it is. A type that is unknown here becomes none.
    """
    if not types or config.qc.target != "table":
        return config
    of_column = {name: key for key, names in types.items() for name in names}
    is_empty_text = "" not in config.format.null_markers
    computed = {column.name for column in config.publish.columns}
    columns = tuple(
        column
        if column.target_name in computed
        else _typed(column, of_column.get(column.name, ""), is_empty_text)
        for column in config.columns
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
