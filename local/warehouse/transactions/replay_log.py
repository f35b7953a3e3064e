"""What an open transaction has written, kept so that it can be done again.

DuckDB has no savepoints: a statement that fails while it runs ends the whole transaction. Snowflake undoes that
statement only. So the writes before it are done again in a new DuckDB transaction, and each must have the same
outcome as the first time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.warehouse.results import Result
from local.warehouse.transactions.table_changes import TableName

WRITES_KEPT = 1_000
BYTES_KEPT = 64 * 1024 * 1024


@dataclass(frozen=True)
class Write:
    """A statement that writes.

    `target` is the table that it changes, `sources` are the other tables that it reads. `is_appending` says that
    what it does depends on nothing that the target holds. `size_bytes` counts its text and bound values, roughly.
    One that is not `is_repeatable` would do something else the second time (random values, sequences).
    """

    action: Callable[[], Result]
    target: TableName | None
    sources: frozenset[TableName] = frozenset()
    is_appending: bool = False
    is_repeatable: bool = True
    size_bytes: int = 0


class ReplayLog:
    """The writes of one transaction with their outcomes; bounded: beyond its limits it is no longer complete."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget all, for the next transaction."""
        self._writes: list[tuple[Write, Any]] = []
        self._bytes = 0
        self.is_complete = True

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written."""
        return self.is_complete and not self._writes

    def add(self, write: Write, result: Result) -> None:
        """Remember a write that has succeeded."""
        self._bytes += write.size_bytes
        is_kept = write.is_repeatable and len(self._writes) < WRITES_KEPT and self._bytes <= BYTES_KEPT
        self.is_complete = self.is_complete and is_kept
        if self.is_complete:
            self._writes.append((write, _outcome(result)))
        else:
            self._writes.clear()

    def sources(self) -> set[TableName]:
        """The tables that were read besides those written to."""
        return {table for write, _ in self._writes for table in write.sources}

    def sensitive(self) -> set[TableName]:
        """All tables whose content decides what the writes do."""
        own = {write.target for write, _ in self._writes if not write.is_appending and write.target}
        return self.sources() | own

    def replay(self) -> bool:
        """Do all of it again, in order; False as soon as one has another outcome.

        Raises whatever a write fails with this time.
        """
        return all(_outcome(write.action()) == outcome for write, outcome in self._writes)


def _outcome(result: Result) -> Any:
    """What is compared: affected rows; for COPY the row of each file."""
    return result.affected, result.table.to_pylist() if result.affected is None and result.table else None
