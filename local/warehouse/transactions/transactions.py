"""One session's transaction, as Snowflake means it, over DuckDB's.

Snowflake reads what is committed when each statement starts; DuckDB shows a snapshot taken when its transaction
starts. So the DuckDB transaction starts only with the first statement that writes, after its table lock is had,
and starts anew, doing its writes again, when a statement touches a table that others have changed since. That is
not done where those changes could alter what the writes do: then the session goes on seeing its snapshot
(deviation).

A failed statement leaves the transaction open with what was done before it. Where DuckDB has ended its transaction
the writes are done again too; if that is not possible, every statement but ROLLBACK fails with 090236 and nothing
is kept (deviation). A DuckDB transaction writes to one database only (deviation).

https://docs.snowflake.com/en/sql-reference/transactions
"""

from __future__ import annotations

import contextlib
import datetime
import threading
import uuid
from collections.abc import Callable

import duckdb

from local.warehouse.clock import Clock
from local.warehouse.errors import transaction_aborted
from local.warehouse.results import Result
from local.warehouse.transactions.replay_log import ReplayLog, Write
from local.warehouse.transactions.table_changes import TableChanges, TableName
from local.warehouse.transactions.table_locks import TableLocks

_numbering = threading.Lock()
_last_number = 0


def new_transaction_id(now: datetime.datetime) -> int:
    """A number that no other transaction has, made of the time in nanoseconds as Snowflake's are."""
    global _last_number
    with _numbering:
        _last_number = max(_last_number + 1, int(now.timestamp() * 1_000) * 1_000_000)
        return _last_number


def _nothing() -> None:
    pass


class Transaction:
    """The state between BEGIN and COMMIT of one session; used under the lock of that session."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        locks: TableLocks,
        session: int,
        clock: Clock,
        changes: TableChanges,
    ) -> None:
        self._connection = connection
        self._locks = locks
        self._session = session
        self._clock = clock
        self._changes = changes
        self._log = ReplayLog()
        self._written: set[TableName] = set()
        self._snapshot = 0
        self.id = 0
        self.name = ""
        self.started_at = self.touched_at = clock.now()
        self.is_open = False
        self._is_started = False
        self._is_aborted = False
        self._is_half_written = False
        self.before_commit: Callable[[], None] = _nothing

    def open(self, name: str = "") -> None:
        """BEGIN; inside a transaction it changes nothing."""
        if not self.is_open:
            self.number()
            self.name = name or str(uuid.uuid4())
            self.is_open = True

    def number(self) -> None:
        """Take an id, for a statement that is a transaction of its own too."""
        if not self.is_open:
            self.started_at = self.touched_at = self._clock.now()
            self.id = new_transaction_id(self.started_at)

    def check_usable(self) -> None:
        """Raise SqlError 090236 if an earlier failure has ended the transaction."""
        if self._is_aborted:
            raise transaction_aborted()

    @property
    def is_started(self) -> bool:
        """Whether DuckDB's transaction has begun."""
        return self._is_started

    def before_write(self) -> None:
        """Start DuckDB's transaction if this is the first write of an open one."""
        if self.is_open and not self._is_started:
            self._begin()

    def _begin(self) -> None:
        self._snapshot = self._changes.number()
        self._connection.begin()
        self._is_started = True

    def write(self, write: Write) -> Result:
        """Carry out a statement that writes, and remember it while the transaction is open."""
        if not self.is_open:
            result = write.action()
            self._changes.note({write.target} if write.target else ())
            return result
        self._is_half_written = True
        result = write.action()
        self._is_half_written = False
        self._log.add(write, result)
        if write.target:
            self._written.add(write.target)
        return result

    def see(self, tables: set[TableName]) -> None:
        """Before a statement that reads or writes these tables: see what others have committed to them.

        Nothing is done where that could change what the transaction's own writes do.
        """
        if not self._is_started or not self._changes.is_changed_since(self._snapshot, tables):
            return
        if self._log.is_complete and not self._changes.is_changed_since(
            self._snapshot, self._log.sensitive()
        ):
            self._start_again()

    def after_failure(self, is_ending: bool) -> None:
        """Put the transaction back to before the failed statement; with `is_ending` end it instead.

        https://docs.snowflake.com/en/sql-reference/parameters#transaction-abort-on-error
        """
        self.touched_at = self._clock.now()
        if not self.is_open:
            self._locks.release(self._session)
        elif is_ending:
            self._abort()
        elif self._is_started and not self._is_aborted and (self._is_half_written or not self._is_alive()):
            if self._log.is_complete and not self._changes.is_changed_since(
                self._snapshot, self._log.sources()
            ):
                self._start_again()
            else:
                self._abort()
        self._is_half_written = False

    def _is_alive(self) -> bool:
        try:
            self._connection.execute("SELECT 1")
        except duckdb.Error:
            return False
        return True

    def _start_again(self) -> None:
        self._roll_back_duckdb()
        if self._log.is_empty:
            return
        try:
            self._begin()
            is_same = self._log.replay()
        except Exception:  # noqa: BLE001 - whatever it is, what was done before cannot be had again
            is_same = False
        if not is_same:
            self._abort()

    def _abort(self) -> None:
        self._roll_back_duckdb()
        self._is_aborted = True

    def _roll_back_duckdb(self) -> None:
        if self._is_started:
            self._is_started = False
            with contextlib.suppress(duckdb.TransactionException, duckdb.ConnectionException):
                self._connection.rollback()

    def after_statement(self) -> None:
        """Give the locks back when the statement was a transaction of its own."""
        self.touched_at = self._clock.now()
        if not self.is_open:
            self._locks.release(self._session)

    def commit(self) -> None:
        """COMMIT; without a transaction it does nothing.

        Raises SqlError 090236 when a failure had ended it: then nothing was kept and the transaction is over.
        """
        is_aborted = self._is_aborted
        try:
            if self._is_started and not is_aborted:
                self.before_commit()
                self._connection.commit()
                self._is_started = False
                self._changes.note(self._written)
        finally:
            self._end()
        if is_aborted:
            raise transaction_aborted()

    def rollback(self) -> None:
        """ROLLBACK; without a transaction it does nothing."""
        self._end()

    def _end(self) -> None:
        try:
            self._roll_back_duckdb()
        finally:
            self.is_open = self._is_started = self._is_aborted = False
            self._log.clear()
            self._written.clear()
            self._locks.release(self._session)
