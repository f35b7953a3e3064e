"""Every bad row of a batch that COPY refused: it is loaded again, into a scratch table, past its errors.

An aborted COPY names its first bad row only, and VALIDATE tells nothing of it. So the batch is loaded once more
with ON_ERROR = CONTINUE, which VALIDATE can be asked about. When that cannot be done, the chunk that Snowflake
named is looked at alone. Whatever goes wrong here, the first error is raised.
Sources: docs.snowflake.com/en/sql-reference/functions/validate, …/sql-reference/sql/copy-into-table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sfetl_provider.core.copy_into.bad_row_list import BadRowList, list_bad_rows
from sfetl_provider.core.copy_into.bad_rows import read_bad_rows, record_form
from sfetl_provider.core.copy_into.batches import Batch, chunk_tail
from sfetl_provider.core.copy_into.checkpoint import CopyState, Explanation
from sfetl_provider.core.copy_into.failure import Searched, explain_bad_rows, explain_failure, not_listed
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
from sfetl_provider.core.refusals import cause_of

LONGEST = timedelta(hours=1)
"""How long a COPY of an explanation may take, with the time that it waits in Snowflake's queue."""
VALIDATE_SECONDS = 900
"""Snowflake ends VALIDATE after so long, which reads the files once more while a worker waits."""


@dataclass(frozen=True)
class Refusal:
    """Why a batch was refused: `found` bad rows, where they could be listed, in what was `searched`."""

    error: CopyFailedError
    found: BadRowList | None = None
    searched: Searched | None = None


class Explainer:
    """Explains the failed batch of one attempt; `store` writes a changed state durably and gives it back."""

    def __init__(
        self, job: CopyJob, ports: CopyPorts, batches: Sequence[Batch], store: Callable[..., CopyState]
    ) -> None:
        self._plan, self._config, self._place = job.plan, job.config, job.rejects
        self._warehouse, self._clock = ports.warehouse, ports.clock
        self._batches, self._store = batches, store
        self._form, self._left_out = record_form(job.config), job.left_out

    def move(self, state: CopyState, batch: Batch, search: Explanation) -> CopyState | Waiting | Refusal:
        """Submit the search, or look how far it is.

        At its end there is a Refusal: with all bad rows, or, when these could not be found, with the first and
        why. A crash meanwhile is continued.
        """
        try:
            return self._step(state, batch, search)
        except Exception as error:  # noqa: BLE001  # what Snowflake refused must be told whatever happens here
            if len(batch.chunks) > 1 and not search.narrowed:
                return self._store(state, explanation=self._narrowed(search, error))
            note = not_listed(error)
            return Refusal(explain_failure(batch, _status(search), self._form.masked, note))

    def end(self, state: CopyState) -> CopyState:
        """Note that the search is over, and drop its scratch table, or leave it to maintenance."""
        with suppress(SfetlError):
            self._warehouse.query(drop_table(self._table(state)))
        return self._store(state, explanation=None)

    def _step(self, state: CopyState, batch: Batch, search: Explanation) -> CopyState | Waiting | Refusal:
        if not search.query_id:
            return self._store(state, explanation=self._submitted(state, batch, search))
        status = self._warehouse.query_status(search.query_id)
        if status.state is QueryState.FAILED:
            raise CopyFailedError(cause_of(status.error_message))
        if status.state is QueryState.SUCCEEDED:
            return self._found(state, batch, search)
        grace = UNKNOWN_GRACE if status.state is QueryState.UNKNOWN else LONGEST
        if self._clock.now() > search.begun_at + grace:
            self._warehouse.cancel(search.query_id)
            raise CopyFailedError("loading again, past the errors, did not end in time")
        return Waiting(search.query_id, batch.number, batch.of, is_explaining=True)

    def _narrowed(self, search: Explanation, error: Exception) -> Explanation:
        reason = error.what if isinstance(error, SfetlError) else type(error).__name__
        return search.model_copy(
            update={"query_id": "", "narrowed": reason.rstrip("."), "begun_at": self._clock.now()}
        )

    def _submitted(self, state: CopyState, batch: Batch, search: Explanation) -> Explanation:
        table = self._table(state)
        tag = query_tag(self._plan, "explain", state.attempt, batch.number)
        timeout_seconds = min(self._config.load.statement_timeout_seconds, int(LONGEST.total_seconds()))
        self._warehouse.query(create_scratch_table(table, state.load_table))
        self._warehouse.query(session_statement(tag, timeout_seconds))
        looked_at = _looked_at(batch, search)
        statement = copy_statement(table, stage_folder(self._plan), looked_at, self._config, "CONTINUE")
        return search.model_copy(update={"query_id": self._warehouse.submit(statement)})

    def _found(self, state: CopyState, batch: Batch, search: Explanation) -> Refusal:
        records: list[dict[str, Any]] = self._warehouse.fetch(search.query_id).records()
        counts = {chunk_tail(str(record["file"])): int(record["errors_seen"]) for record in records}
        tag = query_tag(self._plan, "explain", state.attempt, batch.number)
        self._warehouse.query(session_statement(tag, VALIDATE_SECONDS))
        places = SourcePlaces(batch.chunks, self._left_out)
        bad_rows = read_bad_rows(self._warehouse, self._table(state), search.query_id, places, self._form)
        found = list_bad_rows(bad_rows, self._place)
        if not found.rows:
            raise CopyFailedError("loading again, past the errors, met none that VALIDATE tells of")
        return self._refusal(found, self._searched(batch, search, counts))

    def _searched(self, batch: Batch, search: Explanation, counts: dict[str, int]) -> Searched:
        later = self._batches[batch.number :]
        return Searched(
            batch=batch,
            bad_rows={path: rows for path, rows in counts.items() if rows},
            unseen=sum(path not in counts for path in batch.paths),
            later=sum(len(batch.chunks) for batch in later),
            reason=search.narrowed,
        )

    def _refusal(self, found: BadRowList, searched: Searched) -> Refusal:
        typed = with_target_types(self._config, self._plan.target_types)
        return Refusal(explain_bad_rows(searched, found, typed, self._plan.table), found, searched)

    def _table(self, state: CopyState) -> TableName:
        return scratch_table(self._plan, state.attempt)


def _looked_at(batch: Batch, search: Explanation) -> Batch:
    if not search.narrowed:
        return batch
    return replace(batch, chunks=tuple(chunk for chunk in batch.chunks if chunk.path == search.chunk))


def _status(search: Explanation) -> QueryStatus:
    return QueryStatus(QueryState.FAILED, search.code, search.message)
