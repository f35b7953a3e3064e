"""A change of a month with its row in the ledger: made once, and believed when the row is read back."""

from __future__ import annotations

from collections.abc import Callable

from sfetl_provider.core.ledger.entry import LedgerEntry
from sfetl_provider.core.ledger.lookup import ChangeKey, find
from sfetl_provider.core.ledger.transaction import ended_error
from sfetl_provider.core.ports import Warehouse


def change_once(
    warehouse: Warehouse, database: str, key: ChangeKey, change: Callable[[], LedgerEntry]
) -> tuple[LedgerEntry, bool]:
    """Give the change's ledger row, and whether it was there before; `change` makes it in a transaction if not.

    Raises TransactionEndedError when the row is not there after the COMMIT: Snowflake had ended the transaction,
    as it does when a COMMIT is on its way for longer than five minutes, and COMMIT does not tell.
    """
    recorded = find(warehouse, database, key)
    if recorded is not None:
        return recorded, True
    made = change()
    if find(warehouse, database, key) is None:
        raise ended_error(f"COMMIT succeeded, and ledger row {made.sequence} of this run is not there")
    return made, False
