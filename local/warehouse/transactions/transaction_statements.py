"""SHOW TRANSACTIONS, SHOW LOCKS and SYSTEM$ABORT_TRANSACTION.

https://docs.snowflake.com/en/sql-reference/sql/show-transactions, …/show-locks
https://docs.snowflake.com/en/sql-reference/functions/system_abort_transaction
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from local.warehouse.errors import SqlError
from local.warehouse.results import Result, table_result
from local.warehouse.sessions.sessions import Session
from local.warehouse.tokens import Tokens
from local.warehouse.transactions.table_locks import Lock

_MOMENT = "TIMESTAMP WITH TIME ZONE"
_TRANSACTIONS = {
    "id": "BIGINT",
    "user": "VARCHAR",
    "session": "BIGINT",
    "name": "VARCHAR",
    "started_on": _MOMENT,
    "state": "VARCHAR",
    "scope": "BIGINT",
}
_LOCKS = {
    "resource": "VARCHAR",
    "type": "VARCHAR",
    "transaction": "BIGINT",
    "transaction_started_on": _MOMENT,
    "status": "VARCHAR",
    "acquired_on": _MOMENT,
    "query_id": "VARCHAR",
    "session": "BIGINT",
}


def show_transactions(statement: str, asking: Session, sessions: Iterable[Session]) -> Result:
    """The open transactions of the user's sessions, IN ACCOUNT those of all users."""
    is_all = _is_in_account(statement, "TRANSACTIONS", asking)
    rows = []
    for session in sessions:
        transaction = session.transaction
        if transaction.is_open and (is_all or session.user == asking.user):
            rows.append(
                [
                    transaction.id,
                    session.user,
                    session.id,
                    transaction.name,
                    transaction.started_at,
                    "running",
                    0,
                ]
            )
    return table_result(_TRANSACTIONS, rows)


def show_locks(statement: str, asking: Session, sessions: Sequence[Session], locks: Iterable[Lock]) -> Result:
    """The table locks that are held and waited for."""
    is_all = _is_in_account(statement, "LOCKS", asking)
    mine = {session.id for session in sessions if session.user == asking.user}
    rows = [
        [
            ".".join(lock.table),
            "PARTITIONS",
            lock.transaction,
            lock.started_at,
            "HOLDING" if lock.acquired_at else "WAITING",
            lock.acquired_at,
            lock.query_id,
            lock.session,
        ]
        for lock in locks
        if is_all or lock.session in mine
    ]
    return table_result(_LOCKS, rows)


def _is_in_account(statement: str, kind: str, asking: Session) -> bool:
    tokens = Tokens(statement)
    tokens.expect_words("SHOW", kind)
    is_all = tokens.skip("IN", "ACCOUNT")
    tokens.expect_end()
    if is_all and asking.role != "ACCOUNTADMIN":
        raise SqlError(
            3001, "42501", "SQL access control error:\nInsufficient privileges to operate on account"
        )
    return is_all


def aborted_transaction(statement: str) -> int:
    """The id in SELECT SYSTEM$ABORT_TRANSACTION(<id>)."""
    tokens = Tokens(statement)
    tokens.expect_words("SELECT", "SYSTEM$ABORT_TRANSACTION")
    tokens.expect("(")
    token = tokens.take()
    if token.kind not in ("number", "string") or not token.text.isdigit():
        raise tokens.unexpected()
    tokens.expect(")")
    tokens.expect_end()
    return int(token.text)


def abort_answer(transaction_id: int, is_aborted: bool) -> Result:
    """What SYSTEM$ABORT_TRANSACTION says; one that has ended is left as it is."""
    said = f"Aborted transaction id: {transaction_id}"
    if not is_aborted:
        said = f"Transaction id: {transaction_id} is not running"
    return table_result({f"SYSTEM$ABORT_TRANSACTION({transaction_id})": "VARCHAR"}, [[said]])
