"""Quality control of one file, of the keys of all files, and the one decision about the month."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from sfetl_provider.core.ledger.profiles import earlier_profiles
from sfetl_provider.core.plan.month_plan import MonthPlan, SourceFile
from sfetl_provider.core.plan.names import rejects_path, scratch_folder
from sfetl_provider.core.plan.table_change import widen_columns
from sfetl_provider.core.plan.target_types import with_target_types
from sfetl_provider.core.qc.drift import with_drift
from sfetl_provider.core.qc.key_report import KeyReport, keys_text
from sfetl_provider.core.qc.report import QcReport, QcVerdict
from sfetl_provider.core.qc.verdict import decide, left_out_of, raise_unless_passed
from sfetl_provider.core.qc.widening import needed_lengths
from sfetl_provider.core.report.quality_text import quality_text
from sfetl_provider.operators.feed_operator import FeedOperator, FileOperator
from sfetl_provider.operators.finding_log import log_findings
from sfetl_provider.operators.finished_tasks import REFUSED, FinishedTasks
from sfetl_provider.operators.mapped_results import present
from sfetl_provider.operators.task_listener import TaskListener
from sfetl_provider.operators.task_run import checkpoints_of
from sfetl_provider.settings import read_settings


class FileQCOperator(FileOperator):
    """Checks one file in one streaming pass; memory is bounded by `qc.memory_mib`.

    It reports and does not judge: task `qc_gate` decides once about all files of the month. Skipped unless
    the run's QC mode is `file`.
    """

    def execute(self, context: Context) -> dict[str, Any]:
        """Return the file's QcReport."""
        # Imported late: DuckDB is heavy, and every task parses the DAG file.
        from sfetl_provider.core.qc.check import CheckPaths, check_files
        from sfetl_provider.core.qc.reading import emptied

        source, plan = self.begin(context), self.month_plan
        if plan.qc_mode != "file":
            raise AirflowSkipException(f"QC mode {plan.qc_mode}: {source.name} was not read")
        if source.range_number > 1:
            raise AirflowSkipException(f"{source.name} is read whole by the task of its first range")
        if plan.chunk_set:
            raise AirflowSkipException(f"{source.name} comes in chunks: QC was made with them, or not at all")
        settings = read_settings()
        rejects = rejects_path(settings.reports_dir, plan, source.key)
        scratch = emptied(scratch_folder(settings.scratch_dir, plan, f"qc-{source.key}"))
        paths = CheckPaths(scratch, rejects, left_out=rejects.parent)
        listener = TaskListener(self.log, checkpoints_of(context))
        config = with_target_types(self.feed, plan.target_types)
        (report,) = check_files([source], config, plan.month_value, paths, listener)
        self.log.info("%s: %d records, %d bad.", source.name, report.records, report.bad_records)
        return report.to_xcom()


class QcKeysOperator(FeedOperator):
    """Compares the keys (`qc.key`) of all files of the month; memory is bounded by `qc.memory_mib`.

    It reports and does not judge, as `file_qc`. Skipped unless the run's QC mode is `file`. With `reports`, those
    of `file_qc`, what is left out of the files is not compared.
    """

    template_fields: Collection[str] = ("plan", "files", "reports")

    def __init__(self, *, files: Any, reports: Any = None, **options: Any) -> None:
        super().__init__(**options)
        self.files = files
        self.reports = reports

    def execute(self, context: Context) -> dict[str, Any]:
        """Return the month's KeyReport."""
        # Imported late: DuckDB is heavy, and every task parses the DAG file.
        from sfetl_provider.core.qc.check import without_left_out
        from sfetl_provider.core.qc.keys import check_keys
        from sfetl_provider.core.qc.reading import emptied

        plan = self.month_plan
        if plan.qc_mode != "file":
            raise AirflowSkipException(f"QC mode {plan.qc_mode}: the files were not read")
        if plan.chunk_set:
            raise AirflowSkipException("The month comes in chunks: QC was made with them, or not at all")
        left_out = left_out_of(QcReport.from_json(report) for report in present(self.reports))
        files = without_left_out([SourceFile.from_json(file) for file in self.files], left_out)
        scratch = emptied(scratch_folder(read_settings().scratch_dir, plan, "qc-keys"))
        report = check_keys(files, self.feed, scratch, TaskListener(self.log, checkpoints_of(context)))
        self.log.info("%s", keys_text(report))
        return report.to_json()


class QcGateOperator(FeedOperator):
    """Joins the reports of all files of the month and decides once; fails the run when QC did not pass."""

    template_fields: Collection[str] = ("plan", "reports", "keys")

    def __init__(self, *, reports: Any, keys: Any = None, **options: Any) -> None:
        super().__init__(**options)
        self.reports = reports
        self.keys = keys

    def execute(self, context: Context) -> dict[str, Any]:
        """Return the QcVerdict; raises QcFailedError with every CRITICAL finding."""
        plan = self.month_plan
        if plan.load_mode == "append" and FinishedTasks(context).state("wait_for_files") == "skipped":
            raise AirflowSkipException("All files are published already: there is nothing to decide")
        verdict = self._with_drift(self._verdict(plan), plan)
        log_findings(self.log, verdict.findings, verdict.days)
        if verdict.quality:
            self.log.info("Quality: %s.", quality_text(verdict.quality))
        if not verdict.is_passed:
            context["ti"].xcom_push(key=REFUSED, value=verdict.to_xcom())
        raise_unless_passed(verdict, plan.month_value)
        return self._with_room(verdict, plan, context).to_xcom()

    def _with_room(self, verdict: QcVerdict, plan: MonthPlan, context: Context) -> QcVerdict:
        """Widen the table's columns for the texts of a month that passed, where the config says so."""
        reports = [QcReport.from_json(report) for report in present(self.reports)]
        lengths = needed_lengths(reports, self.feed)
        if not lengths or plan.is_dry_run:
            return verdict
        with self.open_session() as session:
            changes = widen_columns(session, checkpoints_of(context), plan.table, lengths)
        for change in changes:
            self.log.warning("The target table was changed (query %s): %s", change.query_id, change.statement)
        return verdict.model_copy(update={"table_changes": changes})

    def _verdict(self, plan: MonthPlan) -> QcVerdict:
        if plan.chunk_set and plan.qc_mode == "file":
            # Imported late: NumPy and zstandard come with it, and every task parses the DAG file.
            from sfetl_provider.core.stage.chunk_set import carried_verdict

            return carried_verdict(plan)
        reports = [QcReport.from_json(report) for report in present(self.reports)]
        config = with_target_types(self.feed, plan.target_types)
        keys = None if self.keys is None else KeyReport.from_json(self.keys)
        return decide(reports, config, plan.month_value, plan.qc_mode, keys)

    def _with_drift(self, verdict: QcVerdict, plan: MonthPlan) -> QcVerdict:
        """Compare with earlier months; not a part of a month, nor one that fails already."""
        qc = self.feed.qc
        if (
            plan.load_mode != "replace_month"
            or qc.profile == "off"
            or not qc.drift.months
            or not verdict.profile
            or not verdict.is_passed
        ):
            return verdict
        with self.open_session() as session:
            earlier = earlier_profiles(session, plan.table.database, plan.feed, plan.month, qc.drift.months)
        self.log.info(
            "The profile is compared with %d earlier months; %d are needed.",
            len(earlier),
            qc.drift.needed_months,
        )
        return with_drift(verdict, earlier, qc.drift)
