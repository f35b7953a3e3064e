"""Whether each row has the values that are computed of it: what cannot be read must not become NULL in silence."""

from __future__ import annotations

from collections.abc import Mapping

from sfetl_provider.core.errors import PublishRefusedError
from sfetl_provider.core.expression.bound_sql import BoundSql, filled, joined
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.plan.names import quoted_table
from sfetl_provider.core.ports import Warehouse


def unreadable_statement(load_table: TableName, conditions: Mapping[str, BoundSql]) -> BoundSql:
    """Give the count, for each computed column, of the rows that its value cannot be computed of."""
    counts = joined(
        ", ", [filled("COUNT(CASE WHEN {} THEN 1 END)", condition) for condition in conditions.values()]
    )
    return BoundSql(f"SELECT {counts.text} FROM {quoted_table(load_table)}", counts.binds)


def require_computable(
    warehouse: Warehouse, load_table: TableName, conditions: Mapping[str, BoundSql]
) -> None:
    """Raise PublishRefusedError, with all columns and their rows, when values cannot be computed.

    Costs one scan of the load table, and nothing when no value can fail.
    """
    if not conditions:
        return
    statement = unreadable_statement(load_table, conditions)
    (counts,) = warehouse.query(statement.text, statement.binds).rows
    faults = [
        f"{name} in {int(str(count)):,} rows"
        for name, count in zip(conditions, counts, strict=True)
        if int(str(count))
    ]
    if faults:
        raise PublishRefusedError(
            f"Values of computed columns cannot be read from the file's texts: {', '.join(faults)}.",
            safe="No row of the target table was touched; chunks and load table are kept.",
            next_step="Have the file corrected, or write TRY_CAST in publish.columns, which gives NULL.",
        )
