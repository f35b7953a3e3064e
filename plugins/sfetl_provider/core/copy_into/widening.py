"""Room in the target for texts that COPY refused: with `load.on_too_long: widen` no reason to refuse a month.

QC does the same before COPY (`core/qc/widening.py`); here are the texts that it did not see. The load table has
the target's types, so the next attempt has the room as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sfetl_provider.core.column_type import MOST_CHARACTERS
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.copy_into.bad_row_list import BadRowList
from sfetl_provider.core.copy_into.batches import Batch
from sfetl_provider.core.copy_into.checkpoint import CopyState
from sfetl_provider.core.copy_into.explanation import Refusal
from sfetl_provider.core.copy_into.job import CopyJob, CopyPorts
from sfetl_provider.core.copy_into.remedies import TOO_LONG
from sfetl_provider.core.errors import StatementError
from sfetl_provider.core.plan.table_change import TableChanges, text_sizes, widening_changes


class Widening:
    """Makes room once for each column of a batch, so that a text which is refused all the same ends the load.

    `store` writes a changed state durably and gives it back.
    """

    def __init__(self, job: CopyJob, ports: CopyPorts, store: Callable[..., CopyState]) -> None:
        self._table, self._config = job.plan.table, job.config
        self._warehouse, self._store = ports.warehouse, store

    def make_room(self, state: CopyState, batch: Batch, refusal: Refusal) -> CopyState:
        """Make the columns as long as the batch's longest texts, if these are all that it was refused for.

        Then the state has no explanation left: a new attempt can begin. Otherwise it still has it; when Snowflake
        refused the ALTER, the refusal's error says so. A crash in between is continued. Raises
        WarehouseUnavailableError, with all that is needed to go on kept.
        """
        lengths = needed_lengths(refusal, self._config)
        places = {f"{batch.number} {name}" for name in lengths}
        if not lengths or places & set(state.widened):
            return state
        sizes = text_sizes(self._warehouse, self._table)
        if not lengths.keys() <= sizes.keys():
            return state
        changes = TableChanges(
            self._warehouse, state.table_changes, lambda made: self._store(state, table_changes=made)
        )
        try:
            changes.make(widening_changes(self._table, sizes, lengths))
        except StatementError as error:
            why = f"The column was not widened: {error.what} {error.next_step}"
            refusal.error.reword(what=f"{refusal.error.what}\n{why}")
            return state.model_copy(update={"table_changes": changes.made})
        widened = (*state.widened, *sorted(places))
        return self._store(state, explanation=None, table_changes=changes.made, widened=widened)


def needed_lengths(refusal: Refusal, config: FeedConfig) -> Mapping[str, int]:
    """Give how long which columns of the target must become, in characters.

    Empty unless the policy is widen, all bad rows of the batch are known, and a text is too long in each.
    """
    found, searched = refusal.found, refusal.searched
    if config.load.on_too_long != "widen" or found is None or searched is None or searched.unseen:
        return {}
    if not found.is_whole or found.rows < searched.rows:
        return {}
    return _lengths(found, config)


def _lengths(found: BadRowList, config: FeedConfig) -> Mapping[str, int]:
    lengths: dict[str, int] = {}
    for tally in found.tallies.values():
        if tally.code not in TOO_LONG or not 0 < tally.longest <= MOST_CHARACTERS:
            return {}
        name = config.target_of(tally.column)
        lengths[name] = max(lengths.get(name, 0), tally.longest)
    is_all = sum(tally.rows for tally in found.tallies.values()) == found.rows
    return lengths if is_all else {}
