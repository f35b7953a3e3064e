"""COPY as a state machine: submit, wait, reconcile, batch after batch, across any number of crashes.

Each attempt has a load table of its own. A query tag is stored before a COPY is submitted and its query id
before it is polled; so after a crash the COPY is found again, or, when it is not, its attempt is abandoned with
its table: a COPY that arrives late fills nothing that is ever published.
"""

from __future__ import annotations

from typing import Any

from sfetl_provider.core.copy_into.bad_rows import record_form
from sfetl_provider.core.copy_into.batches import Batch, make_batches
from sfetl_provider.core.copy_into.checkpoint import (
    BatchResult,
    CopyState,
    Explanation,
    Submission,
    inputs_digest,
    query_of,
    read_state,
    running_query,
    write_state,
)
from sfetl_provider.core.copy_into.copy_history import copy_history_statement, explain_skipped
from sfetl_provider.core.copy_into.explanation import Explainer, Refusal
from sfetl_provider.core.copy_into.failure import explain_failure, refused_chunk
from sfetl_provider.core.copy_into.job import UNKNOWN_GRACE, CopyJob, CopyPorts
from sfetl_provider.core.copy_into.outcome import CopyOutcome, CopyStep, Finished, Waiting
from sfetl_provider.core.copy_into.pace import copy_pace
from sfetl_provider.core.copy_into.query_history import find_copies, history_statement
from sfetl_provider.core.copy_into.reconcile import reconcile
from sfetl_provider.core.copy_into.rejection import Rejection, rejected
from sfetl_provider.core.copy_into.session import session_statement
from sfetl_provider.core.copy_into.statement import OnError, copy_statement, create_load_table, drop_table
from sfetl_provider.core.copy_into.widening import Widening
from sfetl_provider.core.errors import (
    CopyFailedError,
    CopyLostError,
    ReconciliationError,
    SfetlError,
    StatementError,
)
from sfetl_provider.core.plan.names import (
    load_table,
    query_tag,
    quoted_table,
    scratch_table,
    stage_folder,
)
from sfetl_provider.core.ports import (
    CheckpointStore,
    QueryResult,
    QueryState,
    QueryStatus,
    Warehouse,
)
from sfetl_provider.core.progress import Estimate

_MESSAGE_CHARACTERS = 2000
_DOES_NOT_EXIST = 2003
_CANCELLED = 604


def advance(job: CopyJob, ports: CopyPorts) -> CopyStep:
    """Do all that can be done without waiting, and say what to wait for, or that all is loaded.

    Call it again when the query of `Waiting` has ended, or after any crash: it continues from the
    checkpoints. Raises CopyFailedError when Snowflake refuses the data, ReconciliationError when rows do not add
    up, CopyLostError when an answer is gone or the COPY was cancelled; calling it again after one of these starts
    a new attempt, with a new load table. Failures of the warehouse leave everything in place for the next call.
    """
    loading = _Loading(job, ports, make_batches(job.staged_files, job.config))
    step: CopyState | CopyStep = loading.begin()
    try:
        while isinstance(step, CopyState):
            step = loading.move(step)
    except SfetlError as error:
        _tell_changes(error, read_state(ports.checkpoints))
        raise
    return step


def _tell_changes(error: SfetlError, state: CopyState | None) -> None:
    """Say in an error what was changed of the table, which stays."""
    if state is not None and state.table_changes:
        made = "; ".join(change.statement for change in state.table_changes)
        error.reword(safe=f"{error.safe} Its columns were changed, and stay so: {made}.")


def cancel_running(warehouse: Warehouse, checkpoints: CheckpointStore) -> str | None:
    """Cancel the COPY that may be running, end its attempt, and give its query id; None when none runs.

    Also the one that looks for the bad rows of a COPY that was refused.

    For a task that a person stops: the next `advance` starts a new attempt instead of reporting the
    cancellation as a failure of the data.
    """
    state, query_id = read_state(checkpoints), running_query(checkpoints)
    if state is None or query_id is None:
        return None
    write_state(checkpoints, state.model_copy(update={"is_failed": True, "explanation": None}))
    warehouse.cancel(query_id)
    return query_id


def _shortened(message: str) -> str:
    """Cut a message that quotes a long value, for the checkpoint: the place stands behind the value."""
    half = _MESSAGE_CHARACTERS // 2
    return message if len(message) <= _MESSAGE_CHARACTERS else f"{message[:half]}…{message[-half:]}"


class _Loading:
    """The moves of one COPY: each takes a stored state and gives the next one, or the step that ends the call."""

    def __init__(self, job: CopyJob, ports: CopyPorts, batches: tuple[Batch, ...]) -> None:
        if not batches:
            raise CopyFailedError(
                f"No chunk of {job.plan.feed} {job.plan.month} is staged, so there is nothing to load.",
                safe="No row of the target table was touched.",
                next_step="Look at the stage tasks of this run: their files hold no record.",
            )
        self._plan, self._config = job.plan, job.config
        self._warehouse, self._checkpoints, self._clock = ports.warehouse, ports.checkpoints, ports.clock
        self._batches = batches
        self._explainer = Explainer(job, ports, batches, self._store)
        self._widening = Widening(job, ports, self._store)
        self._rejection = Rejection(job, ports, batches)
        self._inputs = inputs_digest(batches)

    def begin(self) -> CopyState:
        return read_state(self._checkpoints) or self._store(self._attempt(1))

    def move(self, state: CopyState) -> CopyState | CopyStep:
        if state.inputs != self._inputs:
            self._cancel(state)
            return self._start_again(state)
        if state.explanation is not None:
            return self._explain(state, state.explanation)
        if state.is_failed:
            return self._start_again(state)
        if not state.is_table_ready:
            return self._make_table(state)
        if state.outcome is not None:
            return self._recheck(state, state.outcome)
        if state.current is not None:
            return self._follow(state, state.current)
        if self._rejection.is_too_much(state):
            raise self._refused_for_rejects(state)
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
        if query_id := query_of(state):
            self._warehouse.cancel(query_id)

    def _start_again(self, state: CopyState) -> CopyState:
        widened = state.widened if state.inputs == self._inputs else ()
        kept = {"table_changes": state.table_changes, "widened": widened}
        return self._store(self._attempt(state.attempt + 1), **kept)

    def _make_table(self, state: CopyState) -> CopyState:
        for earlier in range(1, state.attempt):
            self._warehouse.query(drop_table(load_table(self._plan, earlier)))
            self._warehouse.query(drop_table(scratch_table(self._plan, earlier)))
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
        on_error: OnError = "CONTINUE" if self._rejection.is_allowed else "ABORT_STATEMENT"
        folder = stage_folder(self._plan)
        statement = copy_statement(state.load_table, folder, batch, self._config, on_error)
        try:
            query_id = self._warehouse.submit(statement)
        except StatementError as error:
            return self._refuse(tagged, QueryStatus(QueryState.FAILED, error.code, error.what))
        return self._store(tagged, current=current.model_copy(update={"query_id": query_id}))

    def _refuse(self, state: CopyState, status: QueryStatus) -> CopyState:
        """End the attempt; where Snowflake names a row, all bad rows of the batch are looked for first."""
        chunk = refused_chunk(self._batch(state), status.error_message)
        if chunk is None:
            self._store(state, is_failed=True)
            raise explain_failure(self._batch(state), status, record_form(self._config).masked)
        search = Explanation(
            chunk=chunk.path,
            code=status.error_code,
            message=_shortened(status.error_message),
            begun_at=self._clock.now(),
        )
        return self._store(state, is_failed=True, explanation=search)

    def _explain(self, state: CopyState, search: Explanation) -> CopyState | Waiting:
        step = self._explainer.move(state, self._batch(state), search)
        if not isinstance(step, Refusal):
            return step
        room = self._widening.make_room(state, self._batch(state), step)
        if room.explanation is None:
            return room
        self._explainer.end(room)
        raise step.error

    def _follow(self, state: CopyState, current: Submission) -> CopyState | CopyStep:
        if not current.query_id:
            return self._reattach(state, current)
        status = self._warehouse.query_status(current.query_id)
        if status.state is QueryState.SUCCEEDED:
            return self._take(state, current.query_id)
        if status.state is QueryState.FAILED and status.error_code == _CANCELLED:
            raise self._lost(state, f"COPY {current.query_id} was cancelled.")
        if status.state is QueryState.FAILED:
            return self._refuse(state, status)
        if status.state is QueryState.RUNNING or self._clock.now() < current.tagged_at + UNKNOWN_GRACE:
            batch = self._batch(state)
            return Waiting(current.query_id, batch.number, batch.of, pace=self._pace(state))
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
        rows = explain_skipped(self._fetch(state, query_id), self._warehouse, self._history(state))
        try:
            loaded = reconcile(self._batch(state), rows, may_reject=self._rejection.is_allowed)
        except ReconciliationError:
            self._store(state, is_failed=True)
            raise
        done = BatchResult(
            query_id=query_id, rows=loaded.rows, rejected=loaded.rejected, ended_at=self._clock.now()
        )
        return self._store(state, current=None, finished=(*state.finished, done))

    def _history(self, state: CopyState) -> str:
        return copy_history_statement(state.load_table, state.started_at, self._clock.now())

    def _refused_for_rejects(self, state: CopyState) -> CopyFailedError:
        error = self._rejection.error(state)
        self._store(state, is_failed=True)
        return error

    def _fetch(self, state: CopyState, query_id: str) -> QueryResult:
        try:
            return self._warehouse.fetch(query_id)
        except StatementError as error:
            reason = f"COPY {query_id} succeeded, but its result cannot be read: {error.what}"
            raise self._lost(state, reason) from error

    def _lost(self, state: CopyState, reason: str) -> CopyLostError:
        self._store(state, is_failed=True)
        return CopyLostError(
            reason,
            safe="No row of the target table was touched; the chunks are still staged.",
            next_step="Retry or clear this task: it loads all chunks again into a new load table.",
        )

    def _finish(self, state: CopyState) -> CopyStep:
        rows = sum(result.rows for result in state.finished)
        counted = self._count(state)
        if counted != rows:
            self._store(state, is_failed=True)
            raise ReconciliationError(
                f"The load table holds {counted} rows, the COPY statements loaded {rows}.",
                safe="No row of the target table was touched; the chunks are still staged.",
                next_step="Clear this task: it loads all chunks again into a new load table.",
                stage="copy",
            )
        outcome = self._outcome(state, rows)
        self._store(state, outcome=outcome)
        return Finished(outcome, self._pace(state))

    def _pace(self, state: CopyState) -> Estimate:
        return copy_pace(state, sum(batch.records for batch in self._batches))

    def _outcome(self, state: CopyState, rows: int) -> CopyOutcome:
        return CopyOutcome(
            load_table=state.load_table,
            attempt=state.attempt,
            batches=len(state.finished),
            rows_copied=rows,
            query_ids=tuple(result.query_id for result in state.finished),
            seconds=(self._clock.now() - state.started_at).total_seconds(),
            rows_rejected=rejected(state),
            rejects=self._rejection.listed(state).file,
            table_changes=state.table_changes,
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
