"""The DAG that loads one feed, a month a run."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import DAG, CronPartitionTimetable, Param, TriggerRule

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.plan.names import load_dag_id
from sfetl_provider.operators.async_copy import AsyncCopyOperator
from sfetl_provider.operators.audit_load import AuditLoadOperator
from sfetl_provider.operators.compress_stage import CleanStageOperator, CompressStageOperator
from sfetl_provider.operators.file_qc import FileQCOperator, QcGateOperator, QcKeysOperator
from sfetl_provider.operators.plan_month import AS_CONFIGURED, PlanMonthOperator
from sfetl_provider.operators.publish_month import PublishMonthOperator
from sfetl_provider.operators.retry_policy import SfetlRetryPolicy
from sfetl_provider.operators.return_warehouse import ReturnWarehouseOperator
from sfetl_provider.operators.run_report import LoadReportOperator
from sfetl_provider.operators.task_run import remember_error
from sfetl_provider.sensors.monthly_file import MonthlyFileSensor


def build_feed_dag(feed: FeedConfig) -> DAG:
    """Give the feed's DAG; costs a few milliseconds and touches neither disk nor network.

    Midnight of the 1st starts the month before; the sensor waits for the files. With another day or hour,
    Airflow's backfill ranges would lose their edge months. The partition key is the month.
    """
    with DAG(
        dag_id=load_dag_id(feed.feed),
        description=feed.description or f"Monthly load of {feed.table.name}",
        schedule=CronPartitionTimetable("0 0 1 * *", timezone="UTC", run_offset=-1, key_format="%Y-%m"),
        start_date=_first_of(feed.start_month),
        end_date=_first_of(feed.end_month, months_later=1) if feed.end_month else None,
        catchup=False,
        max_active_runs=feed.max_active_months,
        default_args=task_defaults(feed.retries, feed.retry_delay_seconds),
        params=_params(),
        tags=["sfetl", "load"],
        doc_md=_DOCUMENTATION.format(table=feed.table.name, patterns=", ".join(feed.files.patterns)),
        render_template_as_native_obj=True,
    ) as dag:
        _chain(feed)
    return dag


def task_defaults(retries: int, retry_delay_seconds: float) -> dict[str, Any]:
    """Give the default arguments of every task: retries by type of error, messages kept for the report."""
    return {
        "owner": "sfetl",
        "retries": retries,
        "retry_delay": timedelta(seconds=retry_delay_seconds),
        "retry_policy": SfetlRetryPolicy(retry_delay_seconds),
        "on_failure_callback": remember_error,
    }


def _chain(feed: FeedConfig) -> None:
    plan = PlanMonthOperator(task_id="plan", feed=feed)
    files = MonthlyFileSensor(task_id="wait_for_files", feed=feed)
    qc = FileQCOperator.partial(task_id="file_qc", feed=feed, map_index_template="{{ file_name }}").expand(
        source=files.output
    )
    keys = _keys(feed, files, qc.output) if feed.qc.key else None
    gate = QcGateOperator(
        task_id="qc_gate",
        feed=feed,
        reports=qc.output,
        keys=keys.output if keys else None,
        trigger_rule=TriggerRule.NONE_FAILED,
    )
    staged = CompressStageOperator.partial(
        task_id="compress_stage",
        feed=feed,
        map_index_template="{{ file_name }}",
        verdict=gate.output if feed.qc.is_before_stage else None,
    ).expand(source=files.output)
    copy = AsyncCopyOperator(
        task_id="copy", feed=feed, staged=staged.output, verdict=gate.output, files=files.output
    )
    audit = AuditLoadOperator(
        task_id="audit", feed=feed, staged=staged.output, outcome=copy.output, verdict=gate.output
    )
    publish = PublishMonthOperator(
        task_id="publish",
        feed=feed,
        staged=staged.output,
        outcome=copy.output,
        verdict=gate.output,
        audit=audit.output,
    )
    clean = CleanStageOperator(task_id="clean_stage", feed=feed)
    # A teardown runs whatever happened and does not count for the run's state: a failed run stays red.
    report = LoadReportOperator(task_id="report", feed=feed).as_teardown()
    plan >> files >> [qc, staged]
    [gate, staged] >> copy >> audit >> publish >> clean >> report
    if feed.warehouse.resize:
        publish >> ReturnWarehouseOperator(task_id="return_warehouse", feed=feed).as_teardown() >> report


def _keys(feed: FeedConfig, files: MonthlyFileSensor, reports: Any) -> QcKeysOperator:
    """Read the keys beside `file_qc`, but after it where that may leave records out."""
    if not feed.qc.may_reject:
        return QcKeysOperator(task_id="qc_keys", feed=feed, files=files.output)
    return QcKeysOperator(
        task_id="qc_keys",
        feed=feed,
        files=files.output,
        reports=reports,
        trigger_rule=TriggerRule.NONE_FAILED,
    )


def _first_of(month: str, months_later: int = 0) -> datetime:
    """A month's run starts at the first of the next one; the timetable's zone applies."""
    year, number = (int(part) for part in month.split("-"))
    return datetime(year + (number - 1 + months_later) // 12, (number - 1 + months_later) % 12 + 1, 1)


def _params() -> dict[str, Param]:
    return {**_source_params(), **load_params()}


def _source_params() -> dict[str, Param]:
    return {
        "month": Param(
            None,
            type=["null", "string"],
            title="Month",
            description="2024-01, 202401, 012024, current or last; leave empty in a backfill",
        ),
        "base_path": Param(
            None,
            type=["null", "string"],
            title="Base path",
            description="Folder of the files; leave empty for the configured one",
        ),
        "files": Param(
            None,
            type=["null", "array"],
            items={"type": "string"},
            title="Files",
            description="Exactly these files, relative to the base path, instead of the configured patterns",
        ),
        "chunk_set": Param(
            None,
            type=["null", "string"],
            title="Chunk set",
            description="Folder of chunks that were made elsewhere (sfetl stage --to), instead of files",
        ),
    }


def load_params() -> dict[str, Param]:
    """Give the parameters that say how to load, whichever month it is."""
    return {
        "qc_mode": Param(
            AS_CONFIGURED,
            type="string",
            enum=[AS_CONFIGURED, "file", "snowflake", "skip"],
            title="QC mode",
            description="file: read the files; snowflake: check the load table; skip: what publishing needs",
        ),
        "load_mode": Param(
            AS_CONFIGURED,
            type="string",
            enum=[AS_CONFIGURED, "replace_month", "append", "merge"],
            title="Load mode",
            description="replace_month: the files are the month; append: add them; merge: update rows by key",
        ),
        "dry_run": Param(
            False, type="boolean", title="Dry run", description="Check the files; stage and load nothing"
        ),
        "confirm_smaller": Param(
            False,
            type="boolean",
            title="Confirm smaller",
            description="Replace the month although fewer files or rows came than were published",
        ),
        "start_over": Param(
            False, type="boolean", title="Start over", description="Stage everything afresh in this run"
        ),
    }


_DOCUMENTATION = """
Loads one month of **{table}** from `{patterns}`: complete, checked, once.

* **Backfill**: the Backfill button; the partition key is the month.
* **One month by hand**: Trigger, parameter *month*.
* **After a failure**: read the failed task's log, which says what to do; clear the task. It resumes: chunks that
  are staged stay staged, a running COPY is found again.
* A month that is loaded again replaces itself; until the last step the table shows the old rows. With *load mode*
  files are added to it, or rows updated by key. Less than was published needs *confirm smaller*.
"""
