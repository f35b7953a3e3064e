"""COPY as a state machine: submit, wait, reconcile, batch after batch, across any number of crashes.

Each attempt has a load table of its own. A query tag is stored before a COPY is submitted and its query id
before it is polled; so after a crash the COPY is found again, or, when it is not, its attempt is abandoned with
its table: a COPY that arrives late fills nothing that is ever published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.copy_into.batches import Batch, make_batches
from sfetl_provider.core.copy_into.checkpoint import (
    BatchResult,
    CopyState,
    Submission,
    inputs_digest,
    read_state,
    running_query,
    write_state,
)
from sfetl_provider.core.copy_into.failure import explain_failure
from sfetl_provider.core.copy_into.outcome import CopyOutcome, CopyStep, Finished, Waiting
from sfetl_provider.core.copy_into.query_history import find_copies, history_statement
from sfetl_provider.core.copy_into.reconcile import reconcile
from sfetl_provider.core.copy_into.statement import copy_statement, create_load_table, drop_table
from sfetl_provider.core.errors import CopyFailedError, CopyLostError, ReconciliationError, StatementError
from sfetl_provider.core.identifiers import quote_literal
from sfetl_provider.core.plan.file_columns import unknown_columns, with_file_columns
from sfetl_provider.core.plan.month_plan import MonthPlan
from sfetl_provider.core.plan.names import load_table, query_tag, quoted_table, stage_folder
from sfetl_provider.core.ports import CheckpointStore, Clock, QueryResult, QueryState, QueryStatus, Warehouse
from sfetl_provider.core.stage.staged_file import StagedFile

# Snowflake may not know a query yet in the first moments after it was submitted.
UNKNOWN_GRACE = timedelta(minutes=2)
_DOES_NOT_EXIST = 2003


@dataclass(frozen=True)
class CopyJob:
    """What to load: the chunks of all files of a month."""

    plan: MonthPlan
    staged_files: tuple[StagedFile, ...]
    config: FeedConfig


@dataclass(frozen=True)
class CopyPorts:
    """What a COPY needs of the outside."""

    warehouse: Warehouse
    checkpoints: CheckpointStore
    clock: Clock


def copy_job(
    plan: MonthPlan, staged_files: tuple[StagedFile, ...], config: FeedConfig, header: Sequence[str] = ()
) -> CopyJob:
    """Give the job of a month whose files have these columns, when they are others than the config's."""
    unpublished = (*plan.unpublished, *unknown_columns(config, header))
    return CopyJob(
        plan.model_copy(update={"unpublished": unpublished}), staged_files, with_file_columns(config, header)
    )


def advance(job: CopyJob, ports: CopyPorts) -> CopyStep:
    """Do all that can be done without waiting, and say what to wait for, or that all is loaded.

    Call it again when the query of `Waiting` has ended, or after any crash: it continues from the
    checkpoints. Raises CopyFailedError when Snowflake refuses the data, ReconciliationError when rows do not add
    up, CopyLostError when an answer is gone; calling it again after one of these starts a new attempt, with
    a new load table. Failures of the warehouse leave everything in place for the next call.
    """
    loading = _Loading(job, ports, make_batches(job.staged_files, job.config.load.batch_files))
    step: CopyState | CopyStep = loading.begin()
    while isinstance(step, CopyState):
        step = loading.move(step)
    return step


def cancel_running(warehouse: Warehouse, checkpoints: CheckpointStore) -> str | None:
    """Cancel the COPY that may be running, end its attempt, and give its query id; None when none runs.

    For a task that a person stops: the next `advance` starts a new attempt instead of reporting the
    cancellation as a failure of the data.
    """
    state = read_state(checkpoints)
    query_id = running_query(checkpoints)
    if state is None or query_id is None:
        return None
    write_state(checkpoints, state.model_copy(update={"is_failed": True}))
    warehouse.cancel(query_id)
    return query_id


def session_statement(tag: str, timeout_seconds: int) -> str:
    """Give the session parameters under which a COPY is submitted.

    Source: docs.snowflake.com/en/sql-reference/parameters. Without ABORT_DETACHED_QUERY = FALSE Snowflake ends a
    query whose client went away.
    """
    return (
        f"ALTER SESSION SET QUERY_TAG = {quote_literal(tag)}, "
        f"STATEMENT_TIMEOUT_IN_SECONDS = {int(timeout_seconds)}, ABORT_DETACHED_QUERY = FALSE"
    )


class _Loading:
    """The moves of one COPY: each takes a stored state and gives the next one, or the step that ends the call."""

    def __init__(self, job: CopyJob, ports: CopyPorts, batches: tuple[Batch, ...]) -> None:
        if not batches:
            raise CopyFailedError(
                f"No chunk of {job.plan.feed} {job.plan.month} is staged, so there is nothing to load.",
                safe="The target table was not touched.",
                next_step="Look at the stage tasks of this run: their files hold no record.",
            )
        self._plan, self._config = job.plan, job.config
        self._warehouse, self._checkpoints, self._clock = ports.warehouse, ports.checkpoints, ports.clock
        self._batches = batches
        self._inputs = inputs_digest(batches)

    def begin(self) -> CopyState:
        return read_state(self._checkpoints) or self._store(self._attempt(1))

    def move(self, state: CopyState) -> CopyState | CopyStep:
        if state.inputs != self._inputs:
            self._cancel(state)
            return self._start_again(state)
        if state.is_failed:
            return self._start_again(state)
        if not state.is_table_ready:
            return self._make_table(state)
        if state.outcome is not None:
            return self._recheck(state, state.outcome)
        if state.current is not None:
            return self._follow(state, state.current)
        return self._submit(state) if len(state.finished) < len(self._batches) else self._finish(state)

    def _attempt(self, number: int) -> CopyState:
        return CopyState(
            inputs=self._inputs,
            attempt=number,
            load_table=load_table(self._plan, number),
            started_at=self._clock.now(),
        )

    def _store(self, state: CopyState, **changes: Any) -> CopyState:
        return write_state(self._checkpoints, state.model_copy(update=changes))

    def _cancel(self, state: CopyState) -> None:
        if state.current is not None and state.current.query_id:
            self._warehouse.cancel(state.current.query_id)

    def _start_again(self, state: CopyState) -> CopyState:
        return self._store(self._attempt(state.attempt + 1))

    def _make_table(self, state: CopyState) -> CopyState:
        for earlier in range(1, state.attempt):
            self._warehouse.query(drop_table(load_table(self._plan, earlier)))
        self._warehouse.query(
            create_load_table(state.load_table, self._plan.table, self._config, self._plan.unpublished)
        )
        return self._store(state, is_table_ready=True)

    def _batch(self, state: CopyState) -> Batch:
        return self._batches[len(state.finished)]

    def _submit(self, state: CopyState) -> CopyState:
        batch = self._batch(state)
        tag = query_tag(self._plan, "copy", state.attempt, batch.number)
        current = Submission(query_tag=tag, tagged_at=self._clock.now())
        tagged = self._store(state, current=current)
        self._warehouse.query(session_statement(tag, self._config.load.statement_timeout_seconds))
        query_id = self._send(tagged, batch)
        return self._store(tagged, current=current.model_copy(update={"query_id": query_id}))

    def _send(self, state: CopyState, batch: Batch) -> str:
        statement = copy_statement(state.load_table, stage_folder(self._plan), batch, self._config)
        try:
            return self._warehouse.submit(statement)
        except StatementError as error:
            self._store(state, is_failed=True)
            raise explain_failure(batch, QueryStatus(QueryState.FAILED, error.code, error.what)) from error

    def _follow(self, state: CopyState, current: Submission) -> CopyState | CopyStep:
        if not current.query_id:
            return self._reattach(state, current)
        status = self._warehouse.query_status(current.query_id)
        if status.state is QueryState.SUCCEEDED:
            return self._take(state, current.query_id)
        if status.state is QueryState.FAILED:
            self._store(state, is_failed=True)
            raise explain_failure(self._batch(state), status)
        if status.state is QueryState.RUNNING or self._clock.now() < current.tagged_at + UNKNOWN_GRACE:
            batch = self._batch(state)
            return Waiting(query_id=current.query_id, batch=batch.number, of=batch.of)
        return self._start_again(state)

    def _reattach(self, state: CopyState, current: Submission) -> CopyState:
        lookup = history_statement(self._plan.table.database, current.tagged_at, self._clock.now())
        found = find_copies(self._warehouse, lookup, current.query_tag)
        if len(found) == 1:
            return self._store(state, current=current.model_copy(update={"query_id": found[0]}))
        # Nothing found may still arrive, several may have loaded twice: neither table is ever published.
        for query_id in found:
            self._warehouse.cancel(query_id)
        return self._start_again(state)

    def _take(self, state: CopyState, query_id: str) -> CopyState:
        result = self._fetch(state, query_id)
        try:
            rows = reconcile(self._batch(state), result)
        except ReconciliationError:
            self._store(state, is_failed=True)
            raise
        finished = (*state.finished, BatchResult(query_id=query_id, rows=rows))
        return self._store(state, current=None, finished=finished)

    def _fetch(self, state: CopyState, query_id: str) -> QueryResult:
        try:
            return self._warehouse.fetch(query_id)
        except StatementError as error:
            self._store(state, is_failed=True)
            raise CopyLostError(
                f"COPY {query_id} succeeded, but its result cannot be read: {error.what}",
                safe="The target table was not touched; the chunks are still staged.",
                next_step="Retry or clear this task: it loads all chunks again into a new load table.",
            ) from error

    def _finish(self, state: CopyState) -> CopyStep:
        rows = sum(result.rows for result in state.finished)
        counted = self._count(state)
        if counted != rows:
            self._store(state, is_failed=True)
            raise ReconciliationError(
                f"The load table holds {counted} rows, the COPY statements loaded {rows}.",
                safe="The target table was not touched; the chunks are still staged.",
                next_step="Clear this task: it loads all chunks again into a new load table.",
                stage="copy",
            )
        outcome = self._outcome(state, rows)
        self._store(state, outcome=outcome)
        return Finished(outcome)

    def _outcome(self, state: CopyState, rows: int) -> CopyOutcome:
        return CopyOutcome(
            load_table=state.load_table,
            attempt=state.attempt,
            batches=len(state.finished),
            rows_copied=rows,
            query_ids=tuple(result.query_id for result in state.finished),
            seconds=(self._clock.now() - state.started_at).total_seconds(),
        )

    def _recheck(self, state: CopyState, outcome: CopyOutcome) -> CopyState | CopyStep:
        try:
            is_intact = self._count(state) == outcome.rows_copied
        except StatementError as error:
            if error.code != _DOES_NOT_EXIST:
                raise
            is_intact = False
        return Finished(outcome) if is_intact else self._start_again(state)

    def _count(self, state: CopyState) -> int:
        result = self._warehouse.query(f"SELECT COUNT(*) FROM {quoted_table(state.load_table)}")
        return int(str(result.scalar()))
