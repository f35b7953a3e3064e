"""Every bad row of a chunk that COPY refused: it is loaded again, into a scratch table, past its errors.

An aborted COPY names its first bad row only, and VALIDATE tells nothing of it. So the chunk is loaded once more
with ON_ERROR = CONTINUE, which VALIDATE can be asked about. Whatever goes wrong here, the first error is raised.
Sources: docs.snowflake.com/en/sql-reference/functions/validate, …/sql-reference/sql/copy-into-table.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sfetl_provider.core.copy_into.bad_row_list import BadRowList, list_bad_rows
from sfetl_provider.core.copy_into.bad_rows import read_bad_rows, record_form
from sfetl_provider.core.copy_into.batches import Batch
from sfetl_provider.core.copy_into.checkpoint import CopyState, Explanation
from sfetl_provider.core.copy_into.failure import explain_bad_rows, explain_failure, not_listed
from sfetl_provider.core.copy_into.job import UNKNOWN_GRACE, CopyJob, CopyPorts
from sfetl_provider.core.copy_into.outcome import Waiting
from sfetl_provider.core.copy_into.session import session_statement
from sfetl_provider.core.copy_into.source_places import SourcePlaces
from sfetl_provider.core.copy_into.statement import copy_statement, create_scratch_table, drop_table
from sfetl_provider.core.errors import CopyFailedError, SfetlError
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.plan.names import query_tag, scratch_table, stage_folder
from sfetl_provider.core.plan.target_types import with_target_types
from sfetl_provider.core.ports import QueryState, QueryStatus

LONGEST = timedelta(hours=1)
"""How long an explanation may take, with the time that its COPY waits in Snowflake's queue."""
TIMEOUT_SECONDS = 900
"""Snowflake ends each statement of an explanation after so long; loading one chunk takes seconds."""


class Explainer:
    """Explains the failed batch of one attempt; `store` writes a changed state durably and gives it back."""

    def __init__(self, job: CopyJob, ports: CopyPorts, store: Callable[..., CopyState]) -> None:
        self._plan, self._config, self._place = job.plan, job.config, job.rejects
        self._warehouse, self._clock = ports.warehouse, ports.clock
        self._store = store
        self._form, self._left_out = record_form(job.config), job.left_out

    def move(self, state: CopyState, batch: Batch, search: Explanation) -> CopyState | Waiting:
        """Submit the search, or look how far it is.

        At its end CopyFailedError is raised: with all bad rows, or, when these could not be found, with the first
        and why. Then the scratch table is gone, or left to maintenance. A crash meanwhile is continued.
        """
        looked_at = replace(batch, chunks=tuple(c for c in batch.chunks if c.path == search.chunk))
        try:
            step = self._step(state, looked_at, search)
        except Exception as error:  # noqa: BLE001  # what Snowflake refused must be told whatever happens here
            step = explain_failure(batch, _status(search), self._form.masked, not_listed(error))
        if not isinstance(step, CopyFailedError):
            return step
        with suppress(SfetlError):  # maintenance removes what stays
            self._warehouse.query(drop_table(self._table(state)))
        self._store(state, explanation=None)
        raise step

    def _step(
        self, state: CopyState, batch: Batch, search: Explanation
    ) -> CopyState | Waiting | CopyFailedError:
        if not search.query_id:
            return self._store(state, explanation=self._submitted(state, batch, search))
        status = self._warehouse.query_status(search.query_id)
        if status.state is QueryState.FAILED:
            raise CopyFailedError(status.error_message.strip().split("\n")[0])
        if status.state is QueryState.SUCCEEDED:
            return self._found(state, batch, search)
        grace = UNKNOWN_GRACE if status.state is QueryState.UNKNOWN else LONGEST
        if self._clock.now() > search.begun_at + grace:
            self._warehouse.cancel(search.query_id)
            raise CopyFailedError("loading the chunk again did not end in time")
        return Waiting(search.query_id, batch.number, batch.of, is_explaining=True)

    def _submitted(self, state: CopyState, batch: Batch, search: Explanation) -> Explanation:
        table = self._table(state)
        tag = query_tag(self._plan, "explain", state.attempt, batch.number)
        self._warehouse.query(create_scratch_table(table, state.load_table))
        self._warehouse.query(session_statement(tag, TIMEOUT_SECONDS))
        statement = copy_statement(table, stage_folder(self._plan), batch, self._config, "CONTINUE")
        return search.model_copy(update={"query_id": self._warehouse.submit(statement)})

    def _found(self, state: CopyState, batch: Batch, search: Explanation) -> CopyFailedError:
        records: list[dict[str, Any]] = self._warehouse.fetch(search.query_id).records()
        rows = sum(int(record["errors_seen"]) for record in records)
        self._warehouse.query(
            session_statement(query_tag(self._plan, "explain", state.attempt), TIMEOUT_SECONDS)
        )
        places = SourcePlaces(batch.chunks, self._left_out)
        bad_rows = read_bad_rows(self._warehouse, self._table(state), search.query_id, places, self._form)
        return self._error(batch, list_bad_rows(bad_rows, self._place), rows)

    def _error(self, batch: Batch, found: BadRowList, rows: int) -> CopyFailedError:
        if not found.rows:
            raise CopyFailedError("loading the chunk again met no error")
        typed = with_target_types(self._config, self._plan.target_types)
        return explain_bad_rows(batch, max(rows, found.rows), found, typed, self._plan.table)

    def _table(self, state: CopyState) -> TableName:
        return scratch_table(self._plan, state.attempt)


def _status(search: Explanation) -> QueryStatus:
    return QueryStatus(QueryState.FAILED, search.code, search.message)
