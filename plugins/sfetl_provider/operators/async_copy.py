"""COPY INTO without holding a worker slot."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from sfetl_provider.adapters.system_clock import SystemClock
from sfetl_provider.core.copy_into.checkpoint import read_state
from sfetl_provider.core.copy_into.outcome import CopyOutcome, CopyStep, Waiting
from sfetl_provider.core.copy_into.submission import CopyPorts, advance, cancel_running, copy_job
from sfetl_provider.core.errors import WarehouseUnavailableError
from sfetl_provider.core.plan.month_plan import SourceFile
from sfetl_provider.core.ports import CheckpointStore
from sfetl_provider.core.qc.report import QcVerdict
from sfetl_provider.core.stage.agreement import require_agreement
from sfetl_provider.core.stage.joined import staged_files
from sfetl_provider.core.stage.staged_file import StagedFile
from sfetl_provider.operators.feed_operator import FeedOperator
from sfetl_provider.operators.mapped_results import present
from sfetl_provider.operators.task_run import checkpoints_of
from sfetl_provider.triggers.async_copy import AsyncCopyTrigger


class AsyncCopyOperator(FeedOperator):
    """Loads the staged chunks of all files into a load table of this run, and reconciles every chunk's rows.

    Each batch is submitted asynchronously and waited for in the triggerer. Tag and query id are stored in the
    task state store, so a cleared or retried task finds a running COPY again. With `wait=False` it
    submits the first batch and returns where it stands; `AsyncCopySensor` takes it from there.
    """

    template_fields: Collection[str] = ("plan", "staged", "verdict", "files")

    def __init__(
        self, *, staged: Any, verdict: Any = None, files: Any = None, wait: bool = True, **options: Any
    ) -> None:
        super().__init__(**options)
        self.files = files
        self.staged = staged
        self.verdict = verdict
        self.wait = wait
        self._checkpoints: CheckpointStore | None = None

    def execute(self, context: Context) -> dict[str, Any]:
        """Return the CopyOutcome; raises CopyFailedError or ReconciliationError when rows do not arrive."""
        if self.month_plan.is_dry_run:
            raise AirflowSkipException("Dry run: nothing is loaded")
        if self.verdict is not None:
            require_agreement(QcVerdict.from_json(self.verdict), self.staged_files)
        self._checkpoints = checkpoints_of(context)
        step = self._advance(self._checkpoints)
        if isinstance(step, Waiting) and not self.wait:
            state = read_state(self._checkpoints)
            return state.to_json() if state else {}
        return self._wait_for(step)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Go on after a batch has ended; the checkpoints tell where."""
        require_reachable(event)
        self._checkpoints = checkpoints_of(context)
        return self._wait_for(self._advance(self._checkpoints))

    def on_kill(self) -> None:
        """Cancel the running COPY when a person stops the task on a worker."""
        if self._checkpoints is not None:
            with self.open_session() as session:
                cancel_running(session, self._checkpoints)

    @property
    def staged_files(self) -> tuple[StagedFile, ...]:
        """The results of the staging tasks, ranges joined to files."""
        return staged_files(present(self.staged))

    def _advance(self, checkpoints: CheckpointStore) -> CopyStep:
        sources = [SourceFile.from_json(file) for file in (self.files or [])[:1]]
        job = copy_job(self.month_plan, self.staged_files, self.feed, sources[0].header if sources else ())
        with self.open_session() as session:
            return advance(job, CopyPorts(session, checkpoints, SystemClock()))

    def _wait_for(self, step: CopyStep) -> dict[str, Any]:
        if isinstance(step, Waiting):
            self.log.info("COPY %d of %d runs as query %s.", step.batch, step.of, step.query_id)
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
        self.log.info("%d rows in %s.", outcome.rows_copied, outcome.load_table.name)
        return outcome.to_json()


def require_reachable(event: dict[str, Any]) -> None:
    """Raise when the trigger lost Snowflake; the query may still run and is found again at the retry."""
    if event["status"] != "ended":
        raise WarehouseUnavailableError(
            f"Snowflake could not be asked about query {event['query_id']} for a long time.",
            safe="The COPY may still run; its query id is kept.",
            next_step="The retry asks again; the triggerer's log holds each fault.",
        )
