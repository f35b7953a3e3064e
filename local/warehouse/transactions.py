"""One session's transaction, as Snowflake means it, over DuckDB's.

Snowflake reads what is committed when each statement starts; DuckDB shows a snapshot taken when its transaction
starts. So the DuckDB transaction starts only with the first statement that writes, after its table lock is had.
From then on the session sees its snapshot and its own changes (deviation). A failed statement can end the DuckDB
transaction; Snowflake would keep it open. Then every statement but ROLLBACK fails, COMMIT included, and nothing of
it is kept (deviation). A DuckDB transaction writes to one database only (deviation).

https://docs.snowflake.com/en/sql-reference/transactions
"""

from __future__ import annotations

import duckdb

from local.warehouse.errors import transaction_aborted
from local.warehouse.table_locks import TableLocks


class Transaction:
    """The state between BEGIN and COMMIT of one session; used under the lock of that session."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, locks: TableLocks, session: int) -> None:
        self._connection = connection
        self._locks = locks
        self._session = session
        self.is_open = False
        self._is_started = False
        self._is_aborted = False

    def open(self) -> None:
        """BEGIN; inside a transaction it changes nothing."""
        self.is_open = True

    def check_usable(self) -> None:
        """Raise SqlError 090236 if an earlier failure has ended the DuckDB transaction."""
        if self._is_aborted:
            raise transaction_aborted()

    @property
    def is_started(self) -> bool:
        """Whether DuckDB's transaction has begun."""
        return self._is_started

    def before_write(self) -> None:
        """Start DuckDB's transaction if this is the first write of an open one."""
        if self.is_open and not self._is_started:
            self._connection.begin()
            self._is_started = True

    def after_failure(self) -> None:
        """Find out whether the failed statement has ended DuckDB's transaction."""
        if not self._is_started:
            self.after_statement()
            return
        try:
            self._connection.execute("SELECT 1")
        except duckdb.Error:
            self._is_aborted = True

    def after_statement(self) -> None:
        """Give the locks back when the statement was a transaction of its own."""
        if not self.is_open:
            self._locks.release(self._session)

    def commit(self) -> None:
        """COMMIT; without a transaction it does nothing.

        Raises SqlError 090236 when a failure had ended it: then nothing was kept and the transaction is over.
        """
        is_aborted = self._is_aborted
        try:
            if self._is_started and not is_aborted:
                self._connection.commit()
        finally:
            self._end(rolling_back=is_aborted)
        if is_aborted:
            raise transaction_aborted()

    def rollback(self) -> None:
        """ROLLBACK; without a transaction it does nothing."""
        self._end(rolling_back=True)

    def _end(self, rolling_back: bool) -> None:
        try:
            if rolling_back and self._is_started:
                self._connection.rollback()
        finally:
            self.is_open = self._is_started = self._is_aborted = False
            self._locks.release(self._session)
