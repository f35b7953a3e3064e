"""The columns of a run's load table: those of the file in its order, each with the type that its way needs.

A column that goes into the target as it is has the target's type, so that COPY refuses what does not fit and names
the line. One that is masked, replaced by a computed value or left out is a text of any length.
"""

from __future__ import annotations

from collections.abc import Sequence

from sfetl_provider.core.column_type import ColumnType, read_column_type
from sfetl_provider.core.config.column_model import ColumnConfig
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.plan.month_plan import TargetTypes

NOT_NULL = " NOT NULL"
_TEXT = read_column_type("VARCHAR")


def is_loaded_as_target(column: ColumnConfig, config: FeedConfig, unpublished: Sequence[str] = ()) -> bool:
    """Tell whether a column's values go into the target as they are; `unpublished` are those it does not have."""
    replaced = {published.name for published in config.publish.columns}
    return not (column.name in unpublished or column.is_masked("publish") or column.target_name in replaced)


def load_types(config: FeedConfig, types: TargetTypes, unpublished: Sequence[str]) -> dict[str, ColumnType]:
    """Give the types of the load table's columns, less those of which the plan knows none."""
    of_column = {name: key.removesuffix(NOT_NULL) for key, names in types.items() for name in names}
    known = {
        column.name: _type(of_column.get(column.name, ""))
        if is_loaded_as_target(column, config, unpublished)
        else _TEXT
        for column in config.columns
    }
    return {name: found for name, found in known.items() if found}


def _type(described: str) -> ColumnType | None:
    try:
        return read_column_type(described)
    except ValueError:
        return None
