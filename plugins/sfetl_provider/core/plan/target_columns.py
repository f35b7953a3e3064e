"""The columns of the target table as it is.

Source: docs.snowflake.com/en/sql-reference/sql/desc-table.
"""

from __future__ import annotations

from typing import NamedTuple

from sfetl_provider.core.errors import StatementError
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.plan.names import quoted_table
from sfetl_provider.core.ports import Warehouse

_DOES_NOT_EXIST = 2003


class TargetColumn(NamedTuple):
    """A column of the target; one with a default or an identity need not be filled."""

    name: str
    type: str
    is_required: bool
    has_default: bool


def describe_target(warehouse: Warehouse, table: TableName) -> tuple[TargetColumn, ...] | None:
    """Give the table's columns; None when there is no such table or the role may not see it.

    Raises StatementError for any other refusal.
    """
    try:
        described = warehouse.query(f"DESCRIBE TABLE {quoted_table(table)}").records()
    except StatementError as error:
        if error.code != _DOES_NOT_EXIST:
            raise
        return None
    return tuple(
        TargetColumn(
            name=str(column["name"]),
            type=str(column["type"]),
            is_required=column["null?"] == "N",
            has_default=column.get("default") is not None,
        )
        for column in described
    )
