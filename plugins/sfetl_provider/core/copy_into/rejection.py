"""Rows that COPY left out by `load.on_error: continue`: counted, listed, and no more than the limit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sfetl_provider.core.config.reject_limit import most_rejects
from sfetl_provider.core.copy_into.bad_row_list import BadRowList, list_bad_rows
from sfetl_provider.core.copy_into.bad_rows import BadRow, read_bad_rows, record_form
from sfetl_provider.core.copy_into.batches import Batch
from sfetl_provider.core.copy_into.checkpoint import CopyState
from sfetl_provider.core.copy_into.failure import Rejects, explain_rejects, not_listed
from sfetl_provider.core.copy_into.job import CopyJob, CopyPorts
from sfetl_provider.core.copy_into.session import session_statement
from sfetl_provider.core.copy_into.source_places import SourcePlaces
from sfetl_provider.core.errors import CopyFailedError, SfetlError
from sfetl_provider.core.plan.names import query_tag
from sfetl_provider.core.plan.target_types import with_target_types


class Rejection:
    """Judges and lists what the finished batches of an attempt rejected; changes nothing but the list's file."""

    def __init__(self, job: CopyJob, ports: CopyPorts, batches: Sequence[Batch]) -> None:
        self._job, self._warehouse, self._batches = job, ports.warehouse, batches
        self._records = sum(batch.records for batch in batches)

    @property
    def is_allowed(self) -> bool:
        """Tell whether a COPY goes on after a row that does not fit."""
        return self._job.config.load.on_error == "continue"

    def is_too_much(self, state: CopyState) -> bool:
        """Tell whether more rows were rejected than may be; the limit is one of the whole month."""
        return rejected(state) > most_rejects(self._job.config.load.reject_limit, self._records)

    def error(self, state: CopyState) -> CopyFailedError:
        """Give the error of a month with too many rejected rows, with the list of those found so far."""
        counts = f"{rejected(state):,} of {self._records:,} rows"
        limit = self._job.config.load.reject_limit
        what = f"COPY rejected {counts}, more than load.reject_limit ({limit}) allows"
        config = with_target_types(self._job.config, self._job.plan.target_types)
        try:
            found = self.listed(state)
        except SfetlError as error:
            unlisted = Rejects(f"{what}. {not_listed(error)}", rejected(state), BadRowList())
            return explain_rejects(unlisted, config, self._job.plan.table)
        return explain_rejects(Rejects(f"{what}:", rejected(state), found), config, self._job.plan.table)

    def listed(self, state: CopyState) -> BadRowList:
        """List the rejected rows, as many as the list has room for.

        Snowflake reads the files of their batches again, while this waits. Without such rows, the list of an
        earlier attempt is removed.
        """
        if not rejected(state):
            return list_bad_rows((), self._job.rejects)
        tag = query_tag(self._job.plan, "list_rejects", state.attempt)
        timeout_seconds = self._job.config.load.statement_timeout_seconds
        self._warehouse.query(session_statement(tag, timeout_seconds))
        return list_bad_rows(self._rows(state), self._job.rejects)

    def _rows(self, state: CopyState) -> Iterator[BadRow]:
        form = record_form(self._job.config)
        for batch, result in zip(self._batches, state.finished, strict=False):
            if result.rejected:
                places = SourcePlaces(batch.chunks, self._job.left_out)
                yield from read_bad_rows(self._warehouse, state.load_table, result.query_id, places, form)


def rejected(state: CopyState) -> int:
    """Count the rows that the finished batches rejected."""
    return sum(result.rejected for result in state.finished)
