"""Writing one row of the ledger, inside the transaction of the change that it records."""

from __future__ import annotations

from sfetl_provider.core.errors import LedgerError
from sfetl_provider.core.ledger.columns import COLUMNS, column_list, entry_binds
from sfetl_provider.core.ledger.entry import ChainEnd, LedgerEntry, LedgerFacts, chain
from sfetl_provider.core.ledger.lookup import chain_end
from sfetl_provider.core.ledger.tables import CHAIN_ROW
from sfetl_provider.core.plan.names import head_table, ledger_table, quoted_table
from sfetl_provider.core.ports import QueryResult, Warehouse


def append(warehouse: Warehouse, database: str, facts: LedgerFacts) -> LedgerEntry:
    """Write the next row of the feed's chain and move the chain's end.

    Call it inside a transaction that has raised the month's generation: that update holds the lock of the
    feed's head table, so writers take turns. Raises LedgerError when not exactly one row was written and
    moved; the caller's transaction must then roll back.
    """
    end = chain_end(warehouse, database, facts.feed)
    entry = chain(facts, end)
    _require_one(warehouse.query(insert_statement(database), entry_binds(entry)), "inserted into the ledger")
    _move_end(warehouse, database, entry, end)
    return entry


def insert_statement(database: str) -> str:
    """Give the INSERT of one row, every value bound."""
    marks = ", ".join("?" for _ in COLUMNS)
    return f"INSERT INTO {quoted_table(ledger_table(database))} ({column_list()})\nVALUES ({marks})"


def move_end_statement(database: str, feed: str) -> str:
    """Give the UPDATE of the chain's end, which changes nothing when the end is no longer the one read."""
    return (
        f"UPDATE {quoted_table(head_table(database, feed))}\n"
        'SET "GENERATION" = ?, "CHAIN_HASH" = ?\n'
        'WHERE "MONTH" = ? AND "GENERATION" = ? AND "CHAIN_HASH" = ?'
    )


def _move_end(warehouse: Warehouse, database: str, entry: LedgerEntry, end: ChainEnd) -> None:
    statement = move_end_statement(database, entry.feed)
    binds = (entry.sequence, entry.hash, CHAIN_ROW, end.sequence, end.hash)
    _require_one(warehouse.query(statement, binds), "moved at the end of the chain")


def _require_one(result: QueryResult, what: str) -> None:
    if result.row_count != 1:
        raise LedgerError(
            f"{result.row_count} rows were {what} instead of one.",
            safe="The transaction is rolled back: table and ledger are as they were.",
            next_step="Verify the feed's chain; nothing but this package may write to schema SFETL.",
        )
