"""What the ledger holds: the question of a retry, the last change of a month, a whole chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sfetl_provider.core.errors import LedgerError
from sfetl_provider.core.ledger.columns import column_list, entry_of_row
from sfetl_provider.core.ledger.entry import ChainEnd, LedgerEntry
from sfetl_provider.core.ledger.tables import CHAIN_ROW
from sfetl_provider.core.plan.names import head_table, ledger_table, quoted_table
from sfetl_provider.core.ports import Bind, Warehouse


@dataclass(frozen=True)
class ChangeKey:
    """One change that a run may have made: `generation` is the month's generation after it."""

    feed: str
    run_key: str
    month: str
    generation: int


def find(warehouse: Warehouse, database: str, key: ChangeKey) -> LedgerEntry | None:
    """Give the row of a run's change, None when it was not made; what a retry asks before it does anything."""
    condition = '"FEED" = ? AND "RUN_KEY" = ? AND "MONTH" = ? AND "GENERATION" = ?'
    found = _select(warehouse, database, condition, (key.feed, key.run_key, key.month, key.generation))
    if len(found) > 1:
        raise LedgerError(
            f"The ledger holds {len(found)} rows of run {key.run_key} for {key.feed} {key.month}, "
            f"generation {key.generation}.",
            safe="Nothing was changed.",
            next_step="Verify the feed's chain: rows were written by something else.",
        )
    return found[0] if found else None


def last_change(warehouse: Warehouse, database: str, feed: str, month: str) -> LedgerEntry | None:
    """Give the newest row of a month, None when nothing was ever recorded for it."""
    found = _select(warehouse, database, '"FEED" = ? AND "MONTH" = ?', (feed, month), newest_only=True)
    return found[0] if found else None


def month_entries(warehouse: Warehouse, database: str, feed: str, month: str) -> tuple[LedgerEntry, ...]:
    """Give all rows of a feed's month in order of sequence."""
    return _select(warehouse, database, '"FEED" = ? AND "MONTH" = ?', (feed, month))


def entry_at(warehouse: Warehouse, database: str, feed: str, sequence: int) -> LedgerEntry | None:
    """Give one row of a feed's chain, None when there is none."""
    found = _select(warehouse, database, '"FEED" = ? AND "SEQUENCE" = ?', (feed, sequence))
    return found[0] if found else None


def changes_since(warehouse: Warehouse, database: str, entry: LedgerEntry) -> tuple[LedgerEntry, ...]:
    """Give the later changes of an entry's month, in order."""
    condition = '"FEED" = ? AND "MONTH" = ? AND "SEQUENCE" > ?'
    return _select(warehouse, database, condition, (entry.feed, entry.month, entry.sequence))


def change_text(entry: LedgerEntry) -> str:
    """Say in a sentence what a row of the ledger records."""
    return (
        f"{entry.action} by {entry.actor} at {entry.recorded_at:%Y-%m-%d %H:%M:%S} UTC "
        f"(ledger row {entry.sequence}, run {entry.run_id}, {entry.rows_inserted} rows inserted, "
        f"{entry.rows_deleted} deleted)."
    )


def entries(warehouse: Warehouse, database: str, feed: str) -> tuple[LedgerEntry, ...]:
    """Give all rows of a feed in order of sequence."""
    return tuple(entry_of_row(row) for row in stored_rows(warehouse, database, feed))


def stored_rows(warehouse: Warehouse, database: str, feed: str) -> list[dict[str, object]]:
    """Give all rows of a feed, in order of sequence, as they stand there: no entry may be such a row."""
    return _rows(warehouse, database, '"FEED" = ?', (feed,))


def ledger_feeds(warehouse: Warehouse, database: str) -> tuple[str, ...]:
    """Give the feeds of which the ledger has rows, in order."""
    statement = f'SELECT DISTINCT "FEED" FROM {quoted_table(ledger_table(database))} ORDER BY 1'
    return tuple(str(feed) for (feed,) in warehouse.query(statement).rows)


def head_generations(warehouse: Warehouse, database: str, feed: str) -> dict[str, int]:
    """Give the generation of each month that the feed's head table knows."""
    head = quoted_table(head_table(database, feed))
    rows = warehouse.query(f'SELECT "MONTH", "GENERATION" FROM {head} WHERE "MONTH" <> ?', (CHAIN_ROW,)).rows
    return {str(month): int(str(generation)) for month, generation in rows}


def chain_end(warehouse: Warehouse, database: str, feed: str) -> ChainEnd:
    """Give the end of a feed's chain; raises LedgerError unless the head table has exactly one."""
    head = quoted_table(head_table(database, feed))
    statement = f'SELECT "GENERATION", "CHAIN_HASH" FROM {head} WHERE "MONTH" = ?'
    rows = warehouse.query(statement, (CHAIN_ROW,)).rows
    if len(rows) != 1:
        raise LedgerError(
            f"{head} holds {len(rows)} rows for the end of the chain instead of one.",
            safe="Nothing was changed.",
            next_step="Restore the table by Time Travel; nothing but this package may write to it.",
        )
    return ChainEnd.model_validate({"sequence": rows[0][0], "hash": rows[0][1]})


def _select(
    warehouse: Warehouse, database: str, condition: str, binds: Sequence[Bind], *, newest_only: bool = False
) -> tuple[LedgerEntry, ...]:
    rows = _rows(warehouse, database, condition, binds, newest_only=newest_only)
    return tuple(entry_of_row(row) for row in rows)


def _rows(
    warehouse: Warehouse, database: str, condition: str, binds: Sequence[Bind], *, newest_only: bool = False
) -> list[dict[str, object]]:
    order = '"SEQUENCE" DESC LIMIT 1' if newest_only else '"SEQUENCE"'
    statement = f"SELECT {column_list()}\nFROM {quoted_table(ledger_table(database))}\n"
    return warehouse.query(f"{statement}WHERE {condition}\nORDER BY {order}", binds).records()
