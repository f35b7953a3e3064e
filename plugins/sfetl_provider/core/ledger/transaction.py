"""One transaction in Snowflake, with an end that is always known or named.

Sources: docs.snowflake.com/en/sql-reference/transactions (a failed statement does not end a transaction; DDL
inside one would commit it, and so would a change of AUTOCOMMIT; one that blocks others is ended after 5 idle
minutes), /sql-reference/functions/current_transaction, /sql-reference/sql/alter-session (several parameters).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sfetl_provider.core.errors import (
    CommitUnclearError,
    SfetlError,
    TransactionEndedError,
    WarehouseUnavailableError,
)
from sfetl_provider.core.ports import Warehouse

_OPEN_TRANSACTION = (
    "ROLLBACK did not get through either. Nothing was committed: Snowflake ends the open transaction by "
    "itself, after 5 minutes if it blocks others. The ledger will tell: clear this task."
)
_COMMITTED = (
    "All is committed, only AUTOCOMMIT could not be switched on again: a repeated task finds it done."
)


@contextmanager
def transaction(warehouse: Warehouse, lock_timeout_seconds: int) -> Iterator[None]:
    """Commit what the block did, or nothing of it.

    AUTOCOMMIT is off until the end is certain: when Snowflake ends the transaction between two statements, those
    after it open another one, which is rolled back. Raises TransactionEndedError then. Any exception of the block,
    also a task's timeout, rolls back and comes out unchanged; when the rollback cannot be sent, a note on it says
    so. Raises CommitUnclearError when the connection is lost at COMMIT: then only the ledger knows whether the
    change is there, and a repeated task asks it first. After an error without a known end the session must be
    closed, not used again. What comes out without an error may still be lost when Snowflake ended the transaction
    just before COMMIT, which says nothing of it: callers look for what they wrote (`ledger/change.py`).
    """
    try:
        begun = _begin(warehouse, lock_timeout_seconds)
        yield
        _require_still(warehouse, begun)
    except BaseException as error:
        _roll_back(warehouse, error)
        raise
    _commit(warehouse)


def _begin(warehouse: Warehouse, lock_timeout_seconds: int) -> object:
    warehouse.query(f"ALTER SESSION SET AUTOCOMMIT = FALSE, LOCK_TIMEOUT = {int(lock_timeout_seconds)}")
    warehouse.query("BEGIN")
    return _current(warehouse)


def _current(warehouse: Warehouse) -> object:
    ((transaction_id,),) = warehouse.query("SELECT CURRENT_TRANSACTION()").rows
    return transaction_id


def _require_still(warehouse: Warehouse, begun: object) -> None:
    current = _current(warehouse)
    if current is None or current != begun:
        raise ended_error(f"transaction {begun} is over and the session is in {current or 'none'}")


def ended_error(seen: str) -> TransactionEndedError:
    """Give the error of a transaction that Snowflake has ended, with what shows that it has."""
    return TransactionEndedError(
        f"Snowflake ended the transaction before its COMMIT: {seen}.",
        safe="All of it is rolled back: the table and the ledger are as they were.",
        next_step="Retry or clear this task. Snowflake does this to a transaction that others wait for and that "
        "rests for 5 minutes: look for a worker that was frozen, or a network that was away, for so long.",
    )


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
    try:
        _switch_autocommit_on(warehouse)
    except BaseException as error:
        error.add_note(_COMMITTED)
        raise


def _roll_back(warehouse: Warehouse, error: BaseException) -> None:
    # The reason for rolling back matters more than what fails here, which the notes keep.
    try:
        warehouse.query("ROLLBACK")
    except SfetlError as rollback_error:
        # AUTOCOMMIT stays off: switching it on would commit what is still open.
        error.add_note(f"{_OPEN_TRANSACTION} ({rollback_error.what})")
        return
    try:
        _switch_autocommit_on(warehouse)
    except SfetlError as session_error:
        error.add_note(
            f"It is rolled back, but AUTOCOMMIT could not be switched on again. ({session_error.what})"
        )


def _switch_autocommit_on(warehouse: Warehouse) -> None:
    warehouse.query("ALTER SESSION SET AUTOCOMMIT = TRUE")
