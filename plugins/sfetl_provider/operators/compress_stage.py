"""Staging of one file, and cleaning the stage after publication."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.core.plan.month_plan import SourceFile
from sfetl_provider.core.qc.report import QcVerdict
from sfetl_provider.core.stage.cleaning import clean_stage
from sfetl_provider.hooks.mask_key import read_mask_key
from sfetl_provider.operators.feed_operator import FeedOperator, FileOperator
from sfetl_provider.operators.task_listener import TaskListener
from sfetl_provider.operators.task_run import checkpoints_of
from sfetl_provider.settings import read_settings

if TYPE_CHECKING:
    from sfetl_provider.adapters.upload_process import ProcessUploader
    from sfetl_provider.core.stage.retrying import RetryingUploader


class CompressStageOperator(FileOperator):
    """Splits one file, or one byte range of it, at records, compresses the chunks side by side and uploads each.

    Every verified chunk is recorded in the task state store: after a crash, a retry or a clear only what is
    missing is made. Disk and memory are bounded by `stage.workers`, `stage.upload_workers` and `stage.chunk_mib`.
    The chunks of a carried set (`plan.chunk_set`) are verified and uploaded instead, a compressed file that is fit
    to load as it is with `stage.as_is_mib`. Uploads and statements run in processes that end with the task,
    however it ends; the connector is loaded there only. With a `verdict`, that of `qc_gate`, what QC left out is
    not staged.
    """

    template_fields: Collection[str] = ("plan", "source", "verdict")
    is_computing = False
    _uploader: RetryingUploader | None = None

    def __init__(self, *, verdict: Any = None, **options: Any) -> None:
        super().__init__(**options)
        self.verdict = verdict

    def execute(self, context: Context) -> dict[str, Any]:
        """Return the StagedFile, or the StagedRange when the source has a byte range."""
        # Imported late: NumPy and zstandard are heavy, and every task parses the DAG file.
        from sfetl_provider.core.stage.run import StagePorts
        from sfetl_provider.core.stage.stage_kind import open_stage
        from sfetl_provider.core.stage.staging import stage_source

        source, plan = self._without_left_out(self.begin(context)), self.month_plan
        self.name_map_index(context, source.label)
        if plan.is_dry_run:
            raise AirflowSkipException("Dry run: nothing is staged")
        checkpoints = checkpoints_of(context)
        listener = TaskListener(self.log, checkpoints)
        with self._open_processes() as processes:
            self._uploader = self._retrying(processes)
            ports = StagePorts(
                warehouse=open_stage(processes, plan, listener),
                uploader=self._uploader,
                checkpoints=checkpoints,
                clock=SystemClock(),
                scratch=read_settings().scratch_dir,
                mask_key=read_mask_key(self.feed.mask_conn_id),
            )
            staged = stage_source(source, plan, self.feed, ports, listener)
        self.log.info(
            "%s: %d records in %d chunks, %d of them staged before.",
            source.label,
            staged.staged_records,
            staged.chunk_count,
            staged.chunks_reused,
        )
        return staged.to_json()

    def _without_left_out(self, source: SourceFile) -> SourceFile:
        if self.verdict is None:
            return source
        left_out = QcVerdict.from_json(self.verdict).left_out.get(source.name)
        return source.model_copy(update={"left_out": left_out})

    def _open_processes(self) -> ProcessUploader:
        from sfetl_provider.adapters.upload_process import Patience, ProcessUploader

        settings = self.feed.stage
        patience = Patience(settings.upload_timeout_seconds, settings.upload_timeout_bytes_per_second)
        hook = self.hook
        hook.patient()  # looks the connections up here: the uploads' threads then need not ask Airflow
        return ProcessUploader(hook.connector_options, patience)

    def _retrying(self, processes: ProcessUploader) -> RetryingUploader:
        from sfetl_provider.core.stage.retrying import RetryingUploader, RetrySchedule

        settings = self.feed.stage
        schedule = RetrySchedule(settings.upload_tries, settings.upload_delay_seconds)
        return RetryingUploader(processes, schedule, self.log.warning)

    def on_kill(self) -> None:
        """End the uploads, and with them the task, when Airflow stops it."""
        if self._uploader is not None:
            self._uploader.stop()


class CleanStageOperator(FeedOperator):
    """Removes the run's chunks from the stage; it runs only after a verified publication."""

    is_computing = False

    def execute(self, context: Context) -> int:
        """Return how many files were removed; fails when one is left."""
        with self.open_session() as session:
            return clean_stage(session, self.month_plan)
