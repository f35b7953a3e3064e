"""The columns of a run's load table: those of the file in its order, each with the type that its way needs.

A column that goes into the target as it is has the target's type, so that COPY refuses what does not fit and names
the line. One that is masked, replaced by a computed value or left out is a text of any length.
"""

from __future__ import annotations

from collections.abc import Sequence

from sfetl_provider.core.column_type import TypeKind, read_column_type
from sfetl_provider.core.config.column_model import ColumnConfig
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.plan.month_plan import TargetTypes

NOT_NULL = " NOT NULL"


def is_loaded_as_target(column: ColumnConfig, config: FeedConfig, left_out: Sequence[str] = ()) -> bool:
    """Tell whether a column's values go into the target as they are; `left_out` are columns it does not have."""
    replaced = {published.name for published in config.publish.columns}
    return not (column.name in left_out or column.is_masked("publish") or column.target_name in replaced)


def load_kinds(config: FeedConfig, types: TargetTypes, left_out: Sequence[str]) -> dict[str, TypeKind]:
    """Give the kind of each of the load table's columns, less those of which the plan knows no type."""
    of_column = {name: key.removesuffix(NOT_NULL) for key, names in types.items() for name in names}
    kinds: dict[str, TypeKind] = {}
    for column in config.columns:
        if not is_loaded_as_target(column, config, left_out):
            kinds[column.name] = "text"
        elif column.name in of_column:
            kinds[column.name] = _kind(of_column[column.name])
    return kinds


def _kind(described: str) -> TypeKind:
    try:
        return read_column_type(described).kind
    except ValueError:
        return "other"
