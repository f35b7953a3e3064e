"""Where a COPY stands, as the checkpoint store keeps it between the lives of its task."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sfetl_provider.core.copy_into.batches import Batch
from sfetl_provider.core.copy_into.outcome import CopyOutcome
from sfetl_provider.core.plan.month_plan import TableChange, TableName
from sfetl_provider.core.ports import CheckpointStore
from sfetl_provider.core.record import Record

_KEY = "copy"


class Submission(Record):
    """One COPY: its tag is stored before it is submitted, its query id before it is polled ('' until then)."""

    query_tag: str
    tagged_at: datetime
    query_id: str = ""


class BatchResult(Record):
    """One batch that is loaded and reconciled; `rejected` rows were left out of the table."""

    query_id: str
    rows: int
    ended_at: datetime
    rejected: int = 0


class Explanation(Record):
    """The search for all bad rows of a batch that a COPY refused: its error, and the COPY that looks for them.

    `chunk` is the one that Snowflake named. `narrowed` says why only that one is looked at; '' while all of the
    batch are. `query_id` is '' until the COPY is submitted. Should it be submitted twice, neither harms: its table
    is never published.
    """

    chunk: str
    code: int
    message: str
    begun_at: datetime
    query_id: str = ""
    narrowed: str = ""


class CopyState(Record):
    """One attempt, from its load table to its outcome.

    `inputs` stands for the chunks that the attempt loads: other chunks need another attempt. A failed
    attempt is never continued, but it is explained. `is_handed_over`: another task goes on from here.
    `table_changes` are all that this task made of the target's definition, the last one without a query id while
    it is made; `widened` are the batches and columns that made them necessary, as "2 CARRIER".
    """

    inputs: str
    attempt: int
    load_table: TableName
    started_at: datetime
    is_table_ready: bool = False
    is_failed: bool = False
    current: Submission | None = None
    explanation: Explanation | None = None
    finished: tuple[BatchResult, ...] = ()
    outcome: CopyOutcome | None = None
    is_handed_over: bool = False
    table_changes: tuple[TableChange, ...] = ()
    widened: tuple[str, ...] = ()


def inputs_digest(batches: Sequence[Batch]) -> str:
    """Give 16 hexadecimal digits that stand for all chunks, their order, their rows and their batches."""
    lines = [f"{batch.number}\t{chunk.path}\t{chunk.records}" for batch in batches for chunk in batch.chunks]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def read_state(checkpoints: CheckpointStore) -> CopyState | None:
    """Give the stored state, None before the first attempt."""
    stored = checkpoints.get(_KEY)
    return None if stored is None else CopyState.from_json(stored)


def write_state(checkpoints: CheckpointStore, state: CopyState) -> CopyState:
    """Store a state durably and give it back."""
    checkpoints.set(_KEY, state.to_json())
    return state


def hand_over(checkpoints: CheckpointStore) -> CopyState:
    """Note that another task goes on, and give what it starts from; again the same when it is called again.

    Two tasks that went on from one state would load a batch twice, and drop each other's tables.
    """
    state = read_state(checkpoints)
    if state is None:
        raise ValueError("nothing was submitted that could be handed over")
    return write_state(checkpoints, state.model_copy(update={"is_handed_over": True}))


def table_changes(checkpoints: CheckpointStore) -> tuple[TableChange, ...]:
    """Give what a task changed of the target's definition, so far."""
    state = read_state(checkpoints)
    return () if state is None else state.table_changes


def running_query(checkpoints: CheckpointStore) -> str | None:
    """Give the query id of the COPY that may be running, for whoever must cancel it."""
    state = read_state(checkpoints)
    return None if state is None else query_of(state)


def query_of(state: CopyState) -> str | None:
    """Give the query id of the COPY, or of the one that explains it, that may be running."""
    if state.explanation is not None:
        return state.explanation.query_id or None
    if state.is_failed or state.current is None:
        return None
    return state.current.query_id or None
