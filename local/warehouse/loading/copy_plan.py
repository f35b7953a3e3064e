"""How the fields of the files become the rows of the table, for one COPY."""

from __future__ import annotations

import datetime
from dataclasses import replace

from local.warehouse.errors import SqlError, does_not_exist
from local.warehouse.loading.copy_statement import CopyStatement
from local.warehouse.loading.copy_transformation import selecting_plan
from local.warehouse.loading.csv_columns import TargetColumn, target_columns
from local.warehouse.loading.exact_load import RowPlan
from local.warehouse.sessions.sessions import Session
from local.warehouse.transactions.table_locks import TableName


def row_plan(session: Session, table: TableName, statement: CopyStatement, now: datetime.datetime) -> RowPlan:
    """Raises SqlError for a table or column that is not there, and for a SELECT that is refused.

    The number of columns is checked neither with a list of columns nor with a SELECT.
    """
    known = target_columns(session.duck, table)
    if not known:
        raise does_not_exist("Table", ".".join(table))
    columns = [replace(column, is_truncated=statement.is_truncating) for column in _chosen(known, statement)]
    if statement.selection is not None:
        return selecting_plan(session, statement.selection, columns, statement, now)
    counts = statement.columns is None and statement.file_format.error_on_column_count_mismatch
    return RowPlan(table[2], columns, statement.file_format, len(columns), counts)


def _chosen(known: list[TargetColumn], statement: CopyStatement) -> list[TargetColumn]:
    if statement.columns is None:
        return known
    by_name = {column.name: column for column in known}
    for name in statement.columns:
        if name not in by_name:
            message = f"SQL compilation error: error line 1 at position 0\ninvalid identifier '{name}'"
            raise SqlError(904, "42000", message)
    if len(set(statement.columns)) < len(statement.columns):
        raise SqlError(2025, "42S21", "SQL compilation error:\nduplicate column name in the list of columns")
    left_out = [column for column in known if column.name not in statement.columns]
    for column in left_out:
        if not column.is_nullable and not column.has_default:
            raise SqlError(100072, "22000", "NULL result in a non-nullable column")
    return [
        replace(by_name[name], position=position) for position, name in enumerate(statement.columns, start=1)
    ]
