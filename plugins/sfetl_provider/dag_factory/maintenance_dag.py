"""The DAG that removes what failed runs left, once its days are over."""

from __future__ import annotations

from datetime import datetime

from airflow.sdk import DAG, Param

from sfetl_provider.core.maintenance.leftover import Retention
from sfetl_provider.dag_factory.feed_dag import task_defaults
from sfetl_provider.operators.maintenance import FindLeftoversOperator, RemoveLeftoversOperator

DAG_ID = "maintenance"


def build_maintenance_dag() -> DAG:
    """Give the DAG maintenance; one run a day, one at a time."""
    with DAG(
        dag_id=DAG_ID,
        description="Removes what failed runs left, and clones, rejected rows and reports after their days",
        schedule="0 5 * * *",
        start_date=datetime(2024, 1, 1),
        catchup=False,
        max_active_runs=1,
        default_args=task_defaults(retries=3, retry_delay_seconds=30),
        params=_params(),
        tags=["sfetl", "delete"],
        doc_md=_DOCUMENTATION,
        render_template_as_native_obj=True,
    ) as dag:
        find = FindLeftoversOperator(task_id="find")
        find >> RemoveLeftoversOperator(task_id="remove", found=find.output)
    return dag


def _params() -> dict[str, Param]:
    return {
        "keep_days": _days(
            Retention.ended_days,
            "Keep days",
            "How long a run that is over keeps what it would need to resume",
        ),
        "keep_rejects_days": _days(
            Retention.rejects_days, "Keep bad lines", "How long lists of bad lines stay, in days"
        ),
        "keep_rejected_rows_days": _days(
            Retention.rejected_rows_days,
            "Keep rejected rows, days",
            "How long the rows that a publication left out stay in SFETL.REJECTED_ROWS",
        ),
        "keep_reports_days": _days(Retention.reports_days, "Keep reports", "How long reports stay, in days"),
        "disk_gib": Param(
            Retention.disk_bytes / 1024**3,
            type="number",
            minimum=0,
            title="Disk, GiB",
            description="Above it the oldest scratch folders and lists of bad lines go before their days are over",
        ),
        "dry_run": Param(
            False, type="boolean", title="Dry run", description="Only list what would be removed"
        ),
    }


def _days(days: int, title: str, description: str) -> Param:
    return Param(days, type="integer", minimum=0, title=title, description=description)


_DOCUMENTATION = """
Removes what loads left that failed and were never cleared, clones of drops after their day, and rows that
publications left out after theirs.

1. **find** lists every run's chunks on the stage, tables, rejected rows, scratch folder, reports and lists of bad
   lines, clones of drops, and warehouses that a load made larger, each with what follows and why; with *dry run*
   the run ends there.
2. **remove** looks again and removes what was listed and is still due.

A failed load can be cleared, and resumes, until its *keep days* are over; after them it starts afresh. What
belongs to a queued or running load is never touched.
"""
