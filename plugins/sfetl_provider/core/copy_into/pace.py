"""How far a COPY is: its finished batches, with the moments at which they ended."""

from __future__ import annotations

from sfetl_provider.core.copy_into.checkpoint import CopyState
from sfetl_provider.core.events import Progress
from sfetl_provider.core.progress import Estimate, Estimator


def copy_pace(state: CopyState, rows: int) -> Estimate:
    """Give rows done of `rows`, how many a second of late, and the time left.

    It is made of the checkpoint alone, since each batch is waited for in another life of the task. Snowflake tells
    nothing of a COPY that runs, so progress shows batch by batch; rows that were rejected are done too.
    """
    estimator, done = Estimator(), 0
    estimate = estimator.add(_event(state, done, rows), 0.0)
    for batch in state.finished:
        done += batch.rows + batch.rejected
        seconds = (batch.ended_at - state.started_at).total_seconds()
        estimate = estimator.add(_event(state, done, rows), seconds)
    return estimate


def _event(state: CopyState, done: int, rows: int) -> Progress:
    return Progress(step="copy", subject=state.load_table.name, done=done, total=rows, unit="rows")
