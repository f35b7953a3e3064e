"""What a month consists of, as the ledger's rows tell one after the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sfetl_provider.core.ledger.entry import LedgerEntry, LedgerFile
from sfetl_provider.core.ledger.lookup import month_entries
from sfetl_provider.core.ports import Warehouse


@dataclass(frozen=True)
class PublishedMonth:
    """The files whose rows a month holds, and how many rows these are; nothing before its first publication."""

    files: tuple[LedgerFile, ...] = ()
    rows: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """The files' names, in order and each once."""
        return tuple(dict.fromkeys(file.name for file in self.files))


def published_month(warehouse: Warehouse, database: str, feed: str, month: str) -> PublishedMonth:
    """Ask the ledger what a month holds."""
    return month_after(month_entries(warehouse, database, feed, month))


def month_after(changes: Iterable[LedgerEntry]) -> PublishedMonth:
    """Give what a month holds after all its changes, in order; a restore brings back what the last drop took."""
    now = dropped = PublishedMonth()
    for change in changes:
        if change.action == "drop":
            now, dropped = PublishedMonth(), now
        else:
            files = dropped.files if change.action == "restore" else change.files
            now = PublishedMonth(files, change.rows_after)
    return now
