"""What a month consists of, as the ledger's rows tell one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sfetl_provider.core.ledger.entry import LedgerEntry, LedgerFile
from sfetl_provider.core.ledger.lookup import month_entries
from sfetl_provider.core.ports import Warehouse


@dataclass(frozen=True)
class MonthContent:
    """The files whose rows a month holds, and how many rows these are; nothing before its first publication."""

    files: tuple[LedgerFile, ...] = ()
    rows: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """The files' names, in order and each once."""
        return tuple(dict.fromkeys(file.name for file in self.files))

    @property
    def names_by_sha256(self) -> dict[str, str]:
        """The files' names by the SHA-256 of their bytes; a file without one is not among them."""
        return {file.sha256: file.name for file in self.files if file.sha256}

    def unhashed_like(self, size_bytes: int) -> str:
        """Give the name of a file of that size of which no SHA-256 is known, '' when there is none."""
        names = (file.name for file in self.files if not file.sha256 and file.size_bytes == size_bytes)
        return next(names, "")


def published_month(warehouse: Warehouse, database: str, feed: str, month: str) -> MonthContent:
    """Ask the ledger what a month holds."""
    return month_after(month_entries(warehouse, database, feed, month))


def month_after(changes: Iterable[LedgerEntry]) -> MonthContent:
    """Give what a month holds after all its changes, in order."""
    now, before = MonthContent(), {}
    for change in changes:
        before[change.sequence] = now
        now = MonthContent(_files_after(change, now, before), change.rows_after)
    return now


def _files_after(
    change: LedgerEntry, now: MonthContent, before: Mapping[int, MonthContent]
) -> tuple[LedgerFile, ...]:
    """Give the files after a change; a restore brings back those before the change that it undoes."""
    if change.action == "drop":
        return ()
    if change.action == "restore":
        return before[change.undoes].files if change.undoes in before else ()
    kept = () if change.load_mode in ("", "replace_month") else now.files
    return (*kept, *(file for file in change.files if file not in kept))
