"""A month's generation: the number that tells whether another run changed the month in between."""

from __future__ import annotations

from sfetl_provider.core.errors import GenerationConflictError, LedgerError
from sfetl_provider.core.ledger.entry import LedgerEntry
from sfetl_provider.core.ledger.lookup import last_change
from sfetl_provider.core.ledger.tables import CHAIN_ROW
from sfetl_provider.core.ledger.transaction import ended_error, transaction
from sfetl_provider.core.plan.names import head_table, quoted_table
from sfetl_provider.core.ports import Warehouse

_LOCK_TIMEOUT_SECONDS = 300


def read_generation(warehouse: Warehouse, database: str, feed: str, month: str) -> int:
    """Give the month's generation, and add the month with generation 0 when it is new.

    Two runs that add the same month at once leave one row. Raises LedgerError when the head table holds
    more than one row for the month, and TransactionEndedError, which a retry can help, when it holds none after
    the COMMIT of the one that was added: as in `ledger/change.py`, COMMIT does not tell that Snowflake had ended
    it.
    """
    head = quoted_table(head_table(database, feed))
    found = _generations(warehouse, head, month)
    if not found:
        _add_month(warehouse, head, month)
        found = _generations(warehouse, head, month)
    if not found:
        raise ended_error(f"COMMIT succeeded, and {head} has no row for {month}")
    if len(found) > 1:
        raise LedgerError(
            f"{head} holds {len(found)} rows for {month} instead of one.",
            safe="Nothing was changed.",
            next_step="Restore the table by Time Travel; nothing but this package may write to it.",
        )
    return found[0]


def _generations(warehouse: Warehouse, head: str, month: str) -> list[int]:
    rows = warehouse.query(f'SELECT "GENERATION" FROM {head} WHERE "MONTH" = ?', (month,)).rows
    return [int(str(row[0])) for row in rows]


def _add_month(warehouse: Warehouse, head: str, month: str) -> None:
    with transaction(warehouse, _LOCK_TIMEOUT_SECONDS):
        # INSERTs do not wait for one another, UPDATEs of one table do: this one takes the lock, and the
        # INSERT after it, at READ COMMITTED, sees what the run before us committed.
        warehouse.query(lock_statement(head), (CHAIN_ROW,))
        warehouse.query(add_month_statement(head), (month, month))


def lock_statement(head: str) -> str:
    """Give an UPDATE that changes nothing and holds the head table's lock until the transaction ends."""
    return f'UPDATE {head}\nSET "GENERATION" = "GENERATION"\nWHERE "MONTH" = ?'


def add_month_statement(head: str) -> str:
    """Give the INSERT of a month that is not there yet; binds: month, month."""
    return (
        f'INSERT INTO {head} ("MONTH", "GENERATION", "CHAIN_HASH")\n'
        f"SELECT ?, 0, '' WHERE NOT EXISTS (SELECT 1 FROM {head} WHERE \"MONTH\" = ?)"
    )


def raise_statement(head: str) -> str:
    """Give the UPDATE that raises a month's generation if it is still the one seen; binds: month, seen."""
    return f'UPDATE {head}\nSET "GENERATION" = "GENERATION" + 1\nWHERE "MONTH" = ? AND "GENERATION" = ?'


def raise_generation(warehouse: Warehouse, database: str, feed: str, month: str, seen: int) -> str:
    """Raise the month's generation from `seen` to the next, and give the statement's query id.

    The first statement of every publication and drop: it waits for other writers of the feed, then fences
    off whoever was planned before them. Raises GenerationConflictError, naming the run that changed the
    month, when the generation is no longer `seen`; the caller's transaction must then roll back.
    """
    head = quoted_table(head_table(database, feed))
    result = warehouse.query(raise_statement(head), (month, seen))
    if result.row_count > 1:
        raise LedgerError(
            f"{head} holds {result.row_count} rows for {month} instead of one.",
            safe="The transaction is rolled back: the table is as it was.",
            next_step="Restore the head table by Time Travel; nothing but this package may write to it.",
        )
    # Snowflake does not document which version an UPDATE reads that had to wait for its lock. The ledger is read
    # by a statement that begins with the lock held, so it shows every change committed before ours.
    last = last_change(warehouse, database, feed, month)
    if result.row_count == 0 or (last is not None and last.generation > seen):
        raise _conflict(feed, month, seen, last)
    return result.query_id


def _conflict(feed: str, month: str, seen: int, last: LedgerEntry | None) -> GenerationConflictError:
    return GenerationConflictError(
        f"{feed} {month} changed since this run was planned (it saw generation {seen}): {_who_changed(last)}.",
        safe="This run changed nothing; the table holds what that run left.",
        next_step="To replace it, clear task plan of this run with its downstream tasks, or trigger a new run.",
    )


def _who_changed(entry: LedgerEntry | None) -> str:
    if entry is None:
        return "the ledger names no run that did"
    return (
        f"run {entry.run_id} of DAG {entry.dag_id}, started by {entry.actor}, made generation {entry.generation} "
        f"by a {entry.action} at {entry.recorded_at:%Y-%m-%d %H:%M:%S} UTC"
    )
