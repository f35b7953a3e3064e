"""Waiting for a COPY that another task submitted."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from airflow.sdk import Context

from sfetl_provider.core.copy_into.checkpoint import CopyState, read_state, write_state
from sfetl_provider.operators.async_copy import AsyncCopyOperator
from sfetl_provider.operators.task_run import checkpoints_of


class AsyncCopySensor(AsyncCopyOperator):
    """The waiting half of AsyncCopyOperator, for DAGs that do something else in between.

    `submitted` is what AsyncCopyOperator(wait=False) returned. It submits the batches that are left,
    reconciles them all, and returns the CopyOutcome.
    """

    template_fields: Collection[str] = (*AsyncCopyOperator.template_fields, "submitted")

    def __init__(self, *, submitted: Any, **options: Any) -> None:
        super().__init__(**options)
        self.submitted = submitted

    def execute(self, context: Context) -> dict[str, Any]:
        """Take the COPY over, unless a life of this task before has gone on from there, and wait for it."""
        checkpoints = checkpoints_of(context)
        if read_state(checkpoints) is None:
            write_state(checkpoints, CopyState.from_json(self.submitted))
        return super().execute(context)
