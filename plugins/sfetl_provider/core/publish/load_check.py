"""The last look at a load table: its rows are those that were copied, and which of them belong to the month."""

from __future__ import annotations

from dataclasses import dataclass

from sfetl_provider.core.audit.month_range import bounds
from sfetl_provider.core.errors import PublishRefusedError
from sfetl_provider.core.ports import Warehouse
from sfetl_provider.core.publish.column_list import ColumnList
from sfetl_provider.core.publish.job import PublishJob
from sfetl_provider.core.publish.statements import (
    SAMPLED_KEYS,
    load_check_statement,
    reject_statement,
    target_keys,
    unusable_keys_statement,
)

_ROLLED_BACK = "The transaction is rolled back: the target table is as it was."


@dataclass(frozen=True)
class LoadCheck:
    """How many of the load table's rows are the month's (`placed`), and how many are not."""

    placed: int
    misplaced: int
    query_id: str


def check_load_table(job: PublishJob, warehouse: Warehouse) -> LoadCheck:
    """Count the load table's rows; raises PublishRefusedError when they are not those that COPY loaded.

    So it does for rows outside the month or without a date, unless `publish.outside_month` is reject and others
    remain.
    """
    statement = load_check_statement(job.outcome.load_table, job.config.date.column)
    result = warehouse.query(statement, bounds(job.plan.month_value))
    ((rows, misplaced),) = ((int(str(total)), int(str(wrong))) for total, wrong in result.rows)
    may_reject = job.config.publish.outside_month == "reject" and misplaced < rows
    if rows == job.outcome.rows_copied and (not misplaced or may_reject):
        return LoadCheck(rows - misplaced, misplaced, result.query_id)
    raise PublishRefusedError(
        f"The load table of {job.plan.feed} {job.plan.month} holds {rows} rows ({job.outcome.rows_copied} were "
        f"copied), {misplaced} of them without a date in the month.",
        safe=_ROLLED_BACK,
        next_step="Correct the files and clear this run's tasks from wait_for_files on, or clear task copy.",
    )


def keep_rejected(job: PublishJob, warehouse: Warehouse, columns: ColumnList, expected: int) -> str:
    """Write the rows that are not of the month into SFETL.REJECTED_ROWS, in the caller's transaction.

    Gives the query id. Raises PublishRefusedError when there are others than were counted.
    """
    plan = job.plan
    row = (plan.feed, plan.month, plan.generation + 1, plan.run_key)
    statement = reject_statement(job.outcome.load_table, columns, job.config.date.column)
    result = warehouse.query(statement, (*row, *columns.selected.binds, *bounds(plan.month_value)))
    if result.row_count == expected:
        return result.query_id
    raise PublishRefusedError(
        f"{result.row_count} rows outside {plan.month} were kept, {expected} were counted.",
        safe=_ROLLED_BACK,
        next_step="Clear task copy with its downstream tasks: it fills a new load table.",
    )


def require_usable_keys(job: PublishJob, warehouse: Warehouse, columns: ColumnList) -> None:
    """Refuse a load table in which a key of `publish.merge_keys` stands twice or lacks a value.

    One scan; asked before the transaction, since nobody else writes to a run's load table. Raises
    PublishRefusedError with up to five such keys.
    """
    _require_published_keys(job, columns)
    statement = unusable_keys_statement(job.outcome.load_table, columns, job.config)
    rows = warehouse.query(statement.text, (*statement.binds, *bounds(job.plan.month_value))).rows
    if not rows:
        return
    keys = "; ".join(f"({', '.join(_text(value) for value in row[:-1])}) in {row[-1]} rows" for row in rows)
    more = " and perhaps more" if len(rows) == SAMPLED_KEYS else ""
    raise PublishRefusedError(
        f"{job.plan.feed} {job.plan.month} cannot be merged: each row needs values of its own in "
        f"{', '.join(job.config.publish.merge_keys)}, but there is {keys}{more}.",
        safe="No row of the target table was touched.",
        next_step="Have the files corrected and clear this run's tasks from wait_for_files on, or correct "
        "publish.merge_keys of the feed.",
    )


def _require_published_keys(job: PublishJob, columns: ColumnList) -> None:
    """Refuse keys that the table lacks, where `publish.schema_changes` lets columns be left out."""
    lost = [name for name in target_keys(job.config) if name not in columns.values]
    if lost:
        raise PublishRefusedError(
            f"{job.plan.feed} {job.plan.month} cannot be merged: the table has no column {', '.join(lost)}.",
            safe="No row of the target table was touched.",
            next_step="Add it to the table, or correct publish.merge_keys of the feed.",
        )


def _text(value: object) -> str:
    return "NULL" if value is None else repr(value)
