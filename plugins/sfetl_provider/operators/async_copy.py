"""COPY INTO without holding a worker slot."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.core.compute.preparation import prepare_warehouse
from sfetl_provider.core.config.size import MIB
from sfetl_provider.core.copy_into.bad_row_list import ListPlace
from sfetl_provider.core.copy_into.batches import load_size, make_batches
from sfetl_provider.core.copy_into.checkpoint import CopyState, hand_over, read_state, table_changes
from sfetl_provider.core.copy_into.job import CopyJob, CopyPorts, with_header
from sfetl_provider.core.copy_into.outcome import CopyOutcome, CopyStep, Finished, Waiting
from sfetl_provider.core.copy_into.resumption import resumption_text
from sfetl_provider.core.copy_into.short_wait import steps_within
from sfetl_provider.core.copy_into.submission import cancel_running
from sfetl_provider.core.errors import CopyLostError, WarehouseUnavailableError
from sfetl_provider.core.plan.month_plan import SourceFile
from sfetl_provider.core.plan.names import copy_rejects_path
from sfetl_provider.core.ports import CheckpointStore, Warehouse
from sfetl_provider.core.progress import PROGRESS_KEY, estimate_text, progress_record
from sfetl_provider.core.publish.shrinking import refuse_smaller
from sfetl_provider.core.qc.report import QcVerdict
from sfetl_provider.core.stage.agreement import require_agreement, require_all_staged
from sfetl_provider.core.stage.joined import staged_files
from sfetl_provider.core.stage.staged_file import StagedFile
from sfetl_provider.operators.feed_operator import FeedOperator
from sfetl_provider.operators.finished_tasks import TABLE_CHANGES
from sfetl_provider.operators.mapped_results import present
from sfetl_provider.operators.task_run import checkpoints_of
from sfetl_provider.settings import read_settings
from sfetl_provider.triggers.async_copy import AsyncCopyTrigger

# The trigger's own pause, a slot to wait for and a task's start again take about as long.
WAIT_HERE_SECONDS = 5.0


class AsyncCopyOperator(FeedOperator):
    """Loads the staged chunks of all files into a load table of this run, and reconciles every chunk's rows.

    Each batch is submitted asynchronously and waited for in the triggerer, unless it ends within
    `wait_here_seconds`: a hop to the triggerer and back takes longer than that. Tag and query id are stored in the
    task state store, so a cleared or retried task finds a running COPY again. With `wait=False` it
    submits the first batch and returns where it stands; `AsyncCopySensor` takes it from there. With
    `warehouse.resize` a DAG of your own needs a `ReturnWarehouseOperator` as teardown.
    """

    template_fields: Collection[str] = ("plan", "staged", "verdict", "files")

    def __init__(
        self,
        *,
        staged: Any,
        verdict: Any = None,
        files: Any = None,
        wait: bool = True,
        wait_here_seconds: float = WAIT_HERE_SECONDS,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.files = files
        self.staged = staged
        self.verdict = verdict
        self.wait = wait
        self.wait_here_seconds = wait_here_seconds if wait else 0
        self._checkpoints: CheckpointStore | None = None

    def execute(self, context: Context) -> dict[str, Any]:
        """Return the CopyOutcome; raises CopyFailedError or ReconciliationError when rows do not arrive."""
        if self.month_plan.is_dry_run:
            raise AirflowSkipException("Dry run: nothing is loaded")
        if self.files:
            require_all_staged([SourceFile.from_json(file) for file in self.files], self.staged_files)
        if self.verdict is not None:
            require_agreement(QcVerdict.from_json(self.verdict), self.staged_files)
        with self._telling_changes(context) as self._checkpoints:
            if not self.wait:
                return self._hand_over(self._checkpoints).to_json()
            return self._wait_for(self._begin(self._checkpoints))

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Go on after a batch has ended; the checkpoints tell where."""
        require_reachable(event)
        with self._telling_changes(context) as self._checkpoints:
            return self._wait_for(self._advance(self._checkpoints))

    def on_kill(self) -> None:
        """Cancel the running COPY when a person stops the task on a worker; the trigger does so while it waits."""
        if self._checkpoints is not None:
            with self.open_session() as session:
                cancel_running(session, self._checkpoints)

    @property
    def staged_files(self) -> tuple[StagedFile, ...]:
        """The results of the staging tasks, ranges joined to files."""
        return staged_files(present(self.staged))

    def _hand_over(self, checkpoints: CheckpointStore) -> CopyState:
        """Submit once: when this task is cleared, `AsyncCopySensor` may long have gone on."""
        state = read_state(checkpoints)
        if state is None or not state.is_handed_over:
            self._begin(checkpoints)
        return hand_over(checkpoints)

    def _begin(self, checkpoints: CheckpointStore) -> CopyStep:
        """Go on where the last life of this task was; a COPY that was cancelled meanwhile is loaded again."""
        found = read_state(checkpoints)
        try:
            return self._advance(checkpoints, found, is_first=True)
        except CopyLostError as error:
            self.log.warning("%s It is loaded again.", error.what)
            return self._advance(checkpoints)

    def _advance(
        self, checkpoints: CheckpointStore, found: CopyState | None = None, *, is_first: bool = False
    ) -> CopyStep:
        plan = self.month_plan
        rejects = ListPlace(
            copy_rejects_path(read_settings().reports_dir, plan), self.feed.qc.rejects_mib * MIB
        )
        left_out = QcVerdict.from_json(self.verdict).left_out if self.verdict is not None else {}
        header = SourceFile.from_json(self.files[0]).header if self.files else ()
        job = with_header(CopyJob(plan, self.staged_files, self.feed, rejects, left_out), header)
        with self.open_session() as session:
            if is_first:
                self._refuse_smaller(job, session)
                self._prepare_warehouse(job, session)
            ports = CopyPorts(session, checkpoints, SystemClock())
            for step in steps_within(job, ports, self.wait_here_seconds):
                if resumed := resumption_text(found, read_state(checkpoints)):
                    self.log.info("%s", resumed)
                found = None
                self._tell(step, checkpoints)
            if isinstance(step, Finished):
                compute = self.read_compute(session, step.outcome.query_ids)
                step = replace(step, outcome=step.outcome.model_copy(update={"compute": compute}))
        return step

    @contextmanager
    def _telling_changes(self, context: Context) -> Iterator[CheckpointStore]:
        """Log what this life of the task changes of the table, and leave all changes for the report."""
        checkpoints = checkpoints_of(context)
        known = table_changes(checkpoints)
        try:
            yield checkpoints
        finally:
            changes = table_changes(checkpoints)
            for change in changes:
                if change not in known:
                    told = "The target table was changed (query %s), and all chunks are loaded again: %s"
                    self.log.warning(told, change.query_id, change.statement)
            if changes:
                context["ti"].xcom_push(key=TABLE_CHANGES, value=[change.to_json() for change in changes])

    def _tell(self, step: CopyStep, checkpoints: CheckpointStore) -> None:
        if isinstance(step, Waiting):
            what = "was refused; its bad rows are listed by" if step.is_explaining else "runs as"
            self.log.info("COPY %d of %d %s query %s.", step.batch, step.of, what, step.query_id)
        if step.pace is not None:
            self.log.info("%s: %s", step.pace.event.subject, estimate_text(step.pace))
            checkpoints.set(PROGRESS_KEY, progress_record([step.pace], SystemClock().now()))

    def _prepare_warehouse(self, job: CopyJob, session: Warehouse) -> None:
        load = load_size(make_batches(job.staged_files, job.config))
        resize, now = self.feed.warehouse.resize, SystemClock().now()
        for said in prepare_warehouse(session, job.plan, resize, load, now):
            self.log.info("%s", said)

    def _refuse_smaller(self, job: CopyJob, session: Warehouse) -> None:
        """Refuse rows that are too few for a replacement before they are copied; `publish` decides again."""
        rows = sum(file.staged_records for file in job.staged_files)
        refuse_smaller(job.plan, job.config, session, [file.file for file in job.staged_files], rows)

    def _wait_for(self, step: CopyStep) -> dict[str, Any]:
        if isinstance(step, Waiting):
            self.defer(trigger=self._trigger(step), method_name="execute_complete")
        return self._result(step.outcome)

    def _trigger(self, step: Waiting) -> AsyncCopyTrigger:
        return AsyncCopyTrigger(
            snowflake_conn_id=self.feed.snowflake_conn_id,
            proxy_conn_id=self.feed.proxy_conn_id,
            query_id=step.query_id,
            poll_seconds=self.feed.load.poll_seconds,
        )

    def _result(self, outcome: CopyOutcome) -> dict[str, Any]:
        rows, table = f"{outcome.rows_copied:,}", outcome.load_table.name
        self.log.info("%s rows in %s by %d COPY, reconciled with staging.", rows, table, outcome.batches)
        if outcome.rows_rejected:
            place = f"; they are listed in {outcome.rejects.path}" if outcome.rejects else ""
            self.log.warning("COPY left out %d rows that do not fit%s.", outcome.rows_rejected, place)
        return outcome.to_json()


def require_reachable(event: dict[str, Any]) -> None:
    """Raise when the trigger lost Snowflake; the query may still run and is found again at the retry."""
    if event["status"] != "ended":
        raise WarehouseUnavailableError(
            f"Snowflake could not be asked about query {event['query_id']} for a long time.",
            safe="The COPY may still run; its query id is kept.",
            next_step="The retry asks again; the triggerer's log holds each fault.",
        )
