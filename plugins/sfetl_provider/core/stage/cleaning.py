"""Removing a run's chunks after its publication."""

from __future__ import annotations

from sfetl_provider.core.errors import ReconciliationError
from sfetl_provider.core.identifiers import quote_literal
from sfetl_provider.core.plan.month_plan import MonthPlan
from sfetl_provider.core.plan.names import stage_folder
from sfetl_provider.core.ports import Warehouse


def clean_stage(warehouse: Warehouse, plan: MonthPlan) -> int:
    """REMOVE everything below the run's stage path and give the number of files removed.

    COPY's own PURGE ignores failures to delete, so the path is listed afterwards: raises ReconciliationError
    when a file is left. Doing it again removes nothing and is no error.
    Source: docs.snowflake.com/en/sql-reference/sql/remove.
    """
    return remove_files(warehouse, stage_folder(plan), f"{plan.month} is published and verified.")


def remove_files(warehouse: Warehouse, folder: str, safe: str) -> int:
    """REMOVE everything below a stage path and give the number of files removed; `safe` goes into the error."""
    removed = len(warehouse.query(f"REMOVE {quote_literal(folder)}").rows)
    if left := warehouse.list_stage(folder):
        raise ReconciliationError(
            f"{len(left)} files are still on the stage below {folder} after REMOVE.",
            safe=safe,
            next_step="Clear this task to remove them.",
            stage="clean",
        )
    return removed
