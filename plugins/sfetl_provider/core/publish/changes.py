"""What a publication does to the month's rows, by load mode; called in its transaction, after the generation is
raised.

Each gives a Change whose counts add up: copied = inserted + updated + rejected.
"""

from __future__ import annotations

from dataclasses import replace

from sfetl_provider.core.audit.month_range import bounds
from sfetl_provider.core.errors import ReconciliationError
from sfetl_provider.core.ledger.month_rows import count_rows, delete_rows
from sfetl_provider.core.ledger.published import published_month
from sfetl_provider.core.plan.names import quoted_table
from sfetl_provider.core.ports import Warehouse
from sfetl_provider.core.publish.appending import require_new_files
from sfetl_provider.core.publish.column_list import ColumnList
from sfetl_provider.core.publish.job import Change, PublishJob
from sfetl_provider.core.publish.load_check import check_load_table, keep_rejected
from sfetl_provider.core.publish.shrinking import require_not_smaller
from sfetl_provider.core.publish.statements import insert_statement, merge_statement


def refuse_by_ledger(job: PublishJob, warehouse: Warehouse, rows: int) -> str:
    """Refuse what the month's ledger rows forbid: a smaller replacement, a file appended twice.

    Gives what a person confirmed of a smaller replacement, '' mostly. A month without changes costs no question.
    """
    plan = job.plan
    if plan.load_mode == "merge" or (plan.load_mode == "replace_month" and not plan.generation):
        return ""
    published = published_month(warehouse, plan.table.database, plan.feed, plan.month)
    if plan.load_mode == "append":
        require_new_files(published, job.staged_files)
        return ""
    return require_not_smaller(plan, job.config, published, job.file_names, rows)


def change_month(job: PublishJob, warehouse: Warehouse, columns: ColumnList, raised: str) -> Change:
    """Check once more, keep what is rejected, and bring the load table's rows into the month.

    `raised` is the query id of the raised generation. Raises PublishRefusedError, SmallerReplacementError or
    ReconciliationError; the caller's transaction must then roll back.
    """
    checked = check_load_table(job, warehouse)
    confirmed = refuse_by_ledger(job, warehouse, checked.placed)
    query_ids = {"raise_generation": raised, "check": checked.query_id}
    if checked.misplaced:
        query_ids["reject"] = keep_rejected(job, warehouse, columns, checked.misplaced)
    before = count_rows(warehouse, job.rows)
    change = Change(before, query_ids, rejected=checked.misplaced, confirmed=confirmed)
    if job.plan.load_mode == "merge":
        return _merge(job, warehouse, columns, replace(change, inserted=checked.placed))
    if job.plan.load_mode == "replace_month" and before:
        # A DELETE that finds nothing would still scan the table while it holds the lock.
        deleted = delete_rows(warehouse, job.rows, before)
        change = replace(change, deleted=before, query_ids={**query_ids, "delete": deleted})
    return _insert(job, warehouse, columns, replace(change, inserted=checked.placed))


def _insert(job: PublishJob, warehouse: Warehouse, columns: ColumnList, change: Change) -> Change:
    """`change` tells how many rows are to be inserted."""
    statement = insert_statement(job.plan.table, job.outcome.load_table, columns, job.config.date.column)
    result = warehouse.query(statement, (*columns.selected.binds, *bounds(job.plan.month_value)))
    expected = change.inserted
    if result.row_count != expected:
        raise _mismatch(
            job, f"INSERT wrote {result.row_count} rows into", f"{expected} were copied for the month"
        )
    return replace(change, query_ids={**change.query_ids, "insert": result.query_id})


def _merge(job: PublishJob, warehouse: Warehouse, columns: ColumnList, change: Change) -> Change:
    """`change` tells how many rows are to be inserted or updated."""
    statement = merge_statement(job.plan.table, job.outcome.load_table, columns, job.config)
    result = warehouse.query(statement, (*columns.selected.binds, *bounds(job.plan.month_value) * 2))
    expected = change.inserted
    (counts,) = result.records()
    inserted, updated = (int(str(counts[f"number of rows {done}"])) for done in ("inserted", "updated"))
    if inserted + updated != expected:
        raise _mismatch(
            job,
            f"MERGE inserted {inserted} and updated {updated} rows of",
            f"{expected} were copied for the month; with more, a key stands more than once in the table",
        )
    query_ids = {**change.query_ids, "merge": result.query_id}
    return replace(change, inserted=inserted, updated=updated, query_ids=query_ids)


def _mismatch(job: PublishJob, done: str, expected: str) -> ReconciliationError:
    return ReconciliationError(
        f"{done} {quoted_table(job.plan.table)}, {expected}.",
        safe="The transaction is rolled back: the target table is as it was.",
        next_step="Clear task copy with its downstream tasks: it fills a new load table.",
        stage="publish",
    )
