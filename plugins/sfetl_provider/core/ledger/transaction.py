"""One transaction in Snowflake, with an end that is always known or named.

Source: docs.snowflake.com/en/sql-reference/transactions (a failed statement does not end a transaction; DDL
inside one would commit it; an open transaction of a lost session is ended by Snowflake itself).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sfetl_provider.core.errors import CommitUnclearError, SfetlError, WarehouseUnavailableError
from sfetl_provider.core.ports import Warehouse

_OPEN_TRANSACTION = (
    "ROLLBACK did not get through either. Nothing was committed: Snowflake ends the open transaction by "
    "itself, after 5 minutes if it blocks others. The ledger will tell: clear this task."
)


@contextmanager
def transaction(warehouse: Warehouse, lock_timeout_seconds: int) -> Iterator[None]:
    """Commit what the block did, or nothing of it.

    Any exception of the block, also a task's timeout, rolls back and comes out unchanged; when the rollback
    cannot be sent, a note on it says so. Raises CommitUnclearError when the connection is lost at COMMIT: then
    only the ledger knows whether the change is there, and a repeated task asks it first.
    """
    warehouse.query(f"ALTER SESSION SET LOCK_TIMEOUT = {int(lock_timeout_seconds)}")
    warehouse.query("BEGIN")
    try:
        yield
    except BaseException as error:
        _roll_back(warehouse, error)
        raise
    _commit(warehouse)


def _commit(warehouse: Warehouse) -> None:
    try:
        warehouse.query("COMMIT")
    except WarehouseUnavailableError as error:
        raise CommitUnclearError(
            f"The connection was lost at COMMIT, so it is not known whether the change was made: {error.what}",
            safe="Either all of it is there, with its ledger row, or nothing.",
            next_step="Retry or clear this task: it asks the ledger first and changes nothing twice.",
        ) from error
    except BaseException as error:
        _roll_back(warehouse, error)
        raise


def _roll_back(warehouse: Warehouse, error: BaseException) -> None:
    try:
        warehouse.query("ROLLBACK")
    except SfetlError as rollback_error:
        # The reason for rolling back matters more than the rollback's own failure, which the note keeps.
        error.add_note(f"{_OPEN_TRANSACTION} ({rollback_error.what})")
