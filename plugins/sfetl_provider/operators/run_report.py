"""The report of a run, written whatever happened; a teardown, so that it cannot turn a failed run green."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from airflow.sdk import BaseOperator, Context

from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.core.audit.report import AuditReport
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.copy_into.outcome import CopyOutcome
from sfetl_provider.core.drop.records import DropReceipt
from sfetl_provider.core.errors import MonthError, ReconciliationError
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.month_plan import MonthPlan, TableChange, TableName
from sfetl_provider.core.plan.names import data_docs_folder, report_path, run_key
from sfetl_provider.core.publish.receipt import PublishReceipt
from sfetl_provider.core.qc.report import QcReport, QcVerdict
from sfetl_provider.core.record import Record
from sfetl_provider.core.report.listed_rows import first_rows
from sfetl_provider.core.report.report_file import write_report, write_text
from sfetl_provider.core.report.run_building import RunEnd, RunRecords, build_report
from sfetl_provider.core.report.run_report import RunIdentity, Stopped
from sfetl_provider.core.report.text import render_text
from sfetl_provider.core.restore.records import RestoreReceipt
from sfetl_provider.core.stage.agreement import with_qc_hashes
from sfetl_provider.core.stage.joined import staged_files
from sfetl_provider.core.stage.staged_file import StagedFile
from sfetl_provider.operators.finished_tasks import PUBLISHED_BEFORE, TABLE_CHANGES, FinishedTasks
from sfetl_provider.operators.run_link import run_link
from sfetl_provider.operators.task_run import actor_of
from sfetl_provider.settings import read_settings

_UNKNOWN_MONTH = "unknown"
T = TypeVar("T", bound=Record)


@dataclass(frozen=True)
class ToldRun:
    """What one report is about; `map_index` when only that instance of mapped tasks belongs to it."""

    identity: RunIdentity
    records: RunRecords
    map_index: int | None = None


class RunReportOperator(BaseOperator):
    """Writes [sfetl] reports_dir/<feed>/<month>/<run key>.json, the same as a page, and as text to the log."""

    def execute(self, context: Context) -> list[str]:
        """Return the paths of the reports' JSON: one, or one for each month that the run was about."""
        tasks = FinishedTasks(context)
        return [self._write(context, tasks, told) for told in self.tell(context, tasks)]

    def _write(self, context: Context, tasks: FinishedTasks, told: ToldRun) -> str:
        # Imported late: only a page needs templates, and every task parses the DAG file.
        from sfetl_provider.core.report.run_page import render_run

        identity = told.identity
        report = build_report(identity, told.records, self._end(context, tasks, told.map_index))
        path = report_path(
            read_settings().reports_dir, identity.feed, identity.month or _UNKNOWN_MONTH, identity.run_key
        )
        self.log.info("%s\n%s", write_report(path, report), render_text(report))
        self.log.info("Page: %s", write_text(path.with_suffix(".html"), render_run(report)))
        self.write_more(tasks, identity)
        return str(path)

    def tell(self, context: Context, tasks: FinishedTasks) -> list[ToldRun]:
        """Say what each report is about."""
        return [ToldRun(self.identify(context, tasks), self.collect(tasks))]

    def identify(self, context: Context, tasks: FinishedTasks) -> RunIdentity:
        """Say which feed and month the run is about."""
        raise TypeError(f"{type(self).__name__} must say which run it reports")

    def collect(self, tasks: FinishedTasks) -> RunRecords:
        """Collect what the run's tasks returned."""
        raise TypeError(f"{type(self).__name__} must collect the records of its run")

    def write_more(self, tasks: FinishedTasks, identity: RunIdentity) -> None:
        """Write what belongs to the report beside it; nothing by default."""

    def stopped(self, context: Context, tasks: FinishedTasks) -> Stopped:
        """Say why a run ended early on purpose."""
        return "dry_run" if context["params"].get("dry_run") else ""

    def _end(self, context: Context, tasks: FinishedTasks, map_index: int | None) -> RunEnd:
        now = SystemClock().now()
        started: datetime | None = context["dag_run"].start_date
        return RunEnd(
            started_at=started or now,
            finished_at=now,
            failures=tasks.failures(map_index),
            stopped=self.stopped(context, tasks),
        )


class LoadReportOperator(RunReportOperator):
    """The report of a load."""

    def __init__(self, *, feed: FeedConfig, **options: Any) -> None:
        super().__init__(**options)
        self.feed = feed

    def identify(self, context: Context, tasks: FinishedTasks) -> RunIdentity:
        """Take the month from the plan, or from what was asked for when there is no plan."""
        plan = read(MonthPlan, tasks.result("plan"))
        return _identity(context, self.feed.feed, plan.month if plan else _asked_month(context))

    def collect(self, tasks: FinishedTasks) -> RunRecords:
        """Collect the results of the load's tasks."""
        staged = tasks.mapped_results("compress_stage")
        checked = map(QcReport.from_json, tasks.present_results("file_qc"))
        outcome = read(CopyOutcome, tasks.result("copy"))
        verdict = read(QcVerdict, tasks.result("qc_gate") or tasks.refused("qc_gate"))
        return RunRecords(
            plan=read(MonthPlan, tasks.result("plan")),
            verdict=verdict,
            bad_files=tuple(report for report in checked if report.bad_records),
            staged_files=None if staged is None else _files(staged, verdict),
            outcome=outcome,
            copy_bad_rows=first_rows(outcome.rejects if outcome else None),
            copy_changes=tuple(map(TableChange.from_json, tasks.left("copy", TABLE_CHANGES) or ())),
            audit=read(AuditReport, tasks.result("audit") or tasks.refused("audit")),
            publication=read(PublishReceipt, tasks.result("publish")),
            published_before=tuple(tasks.pushed("wait_for_files", PUBLISHED_BEFORE) or ()),
        )

    def stopped(self, context: Context, tasks: FinishedTasks) -> Stopped:
        """Notice that append found no new file: the sensor then skips what follows."""
        is_nothing_new = tasks.state("wait_for_files") == "skipped"
        return "nothing_new" if is_nothing_new else super().stopped(context, tasks)

    def write_more(self, tasks: FinishedTasks, identity: RunIdentity) -> None:
        """Write GX's results and Data Docs of the feed's suite, when its files were checked."""
        found = tasks.present_results("file_qc") if self.feed.suite and identity.month else []
        if not found:
            return
        # Imported late: Great Expectations takes seconds and 300 MB, and every task parses the DAG file.
        from sfetl_provider.core.report.data_docs import month_results, write_data_docs

        reports = [QcReport.from_json(report) for report in found]
        results = month_results(reports, self.feed, identity.month, SystemClock().now())
        if results:
            folder = data_docs_folder(read_settings().reports_dir, self.feed.feed)
            self.log.info("Data Docs: %s", write_data_docs(folder, results))


class ApprovedReportOperator(RunReportOperator):
    """The report of a run that previews, asks, and then changes a month."""

    changing_task_id: str

    def identify(self, context: Context, tasks: FinishedTasks) -> RunIdentity:
        """Take feed and month from the preview, or the feed from the parameters when there is none."""
        preview = tasks.result("preview") or {}
        feed = preview.get("feed") or _folder_name(context["params"]["feed"])
        return self.identity_of(context, tasks, feed, preview.get("month") or "")

    def identity_of(self, context: Context, tasks: FinishedTasks, feed: str, month: str) -> RunIdentity:
        """Give the run's identity with its reason and who approved."""
        # Imported late: Airflow's approvals cost a second, and every task of a load parses this file.
        from sfetl_provider.operators.approval import approver_of

        approval = tasks.result("approve")
        return _identity(context, feed, month).model_copy(
            update={
                "reason": str(context["params"].get("reason") or ""),
                "approver": approver_of(approval) if approval else "",
            }
        )

    def stopped(self, context: Context, tasks: FinishedTasks) -> Stopped:
        """Notice a rejected approval: Airflow skips what follows then, and keeps no result of it."""
        is_rejected = tasks.state("approve") == "success" and tasks.is_skipped(self.changing_task_id)
        return "rejected" if is_rejected else super().stopped(context, tasks)


class DropReportOperator(ApprovedReportOperator):
    """The reports of a drop: one for each month of each feed."""

    changing_task_id = "drop"

    def tell(self, context: Context, tasks: FinishedTasks) -> list[ToldRun]:
        """Take feeds and months from the previews, or from the parameters when there are none."""
        previews = tasks.result("preview")
        if previews is None:
            params = context["params"]
            feeds = params["feeds"] or [""]
            names = map(_folder_name, feeds)
            return [ToldRun(self.identity_of(context, tasks, feed, ""), RunRecords()) for feed in names]
        return [
            ToldRun(
                self.identity_of(context, tasks, preview["feed"], preview["month"]),
                RunRecords(
                    table=read(TableName, preview["table"]),
                    deletion=read(DropReceipt, tasks.result(self.changing_task_id, index)),
                ),
                index,
            )
            for index, preview in enumerate(previews)
        ]


class RestoreReportOperator(ApprovedReportOperator):
    """The report of a restore."""

    changing_task_id = "restore"

    def collect(self, tasks: FinishedTasks) -> RunRecords:
        """Collect the receipt."""
        preview = tasks.result("preview") or {}
        return RunRecords(
            table=read(TableName, preview.get("table")),
            restoration=read(RestoreReceipt, tasks.result(self.changing_task_id)),
        )


def read(kind: type[T], value: Any) -> T | None:
    """Read a task's result, None when there is none."""
    return None if value is None else kind.from_json(value)


def _files(staged: list[Any], verdict: QcVerdict | None) -> tuple[StagedFile, ...] | None:
    try:
        files = staged_files(staged)
        return with_qc_hashes(files, verdict) if verdict else files
    except ReconciliationError:
        # Task copy joined the same results: it failed with this error, and the report says so.
        return None


def _identity(context: Context, feed: str, month: str) -> RunIdentity:
    run = context["dag_run"]
    return RunIdentity(
        feed=feed,
        month=month,
        dag_id=run.dag_id,
        run_id=run.run_id,
        run_key=run_key(run.dag_id, run.run_id),
        actor=actor_of(context),
        url=run_link(run.dag_id, run.run_id),
    )


def _asked_month(context: Context) -> str:
    """Give the month that was asked for, '' when it cannot be told."""
    asked = context["params"].get("month") or context.get("partition_key") or ""
    try:
        return str(Month.parse(str(asked), SystemClock().now().date()))
    except MonthError:
        return ""


def _folder_name(feed: Any) -> str:
    """A parameter becomes part of a path only when it is a plain name."""
    return feed if isinstance(feed, str) and feed.isidentifier() else "unknown"
