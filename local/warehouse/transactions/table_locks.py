"""Whole-table locks of UPDATE, DELETE and MERGE, held until the transaction of their session ends.

https://docs.snowflake.com/en/sql-reference/transactions#resource-locking
"""

from __future__ import annotations

import dataclasses
import datetime
import threading
from collections.abc import Callable
from dataclasses import dataclass

from local.warehouse.clock import Clock
from local.warehouse.errors import SqlError, canceled
from local.warehouse.transactions.table_changes import TableName as TableName

MOST_WAITERS = 20
_LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Lock:
    """A table that a statement of a transaction holds, or waits for while `acquired_at` is None."""

    table: TableName
    session: int
    transaction: int = 0
    query_id: str = ""
    started_at: datetime.datetime | None = None
    acquired_at: datetime.datetime | None = None


class TableLocks:
    """Who holds which table; thread-safe. A session may take a lock again that it holds.

    `on_blocked` is called again and again with the session whose lock others wait for, without any lock of this
    object held; it may end that session's transaction.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or Clock()
        self._changed = threading.Condition()
        self._holders: dict[TableName, Lock] = {}
        self._waiting: dict[int, Lock] = {}
        self.on_blocked: Callable[[int], None] = lambda _session: None

    def acquire(self, wanted: Lock, timeout_seconds: float, is_cancelled: Callable[[], bool]) -> None:
        """Take the lock, waiting for it by the warehouse's clock.

        Raises SqlError 000625 after the timeout, when 20 statements wait already, or when sessions wait for one
        another in a circle; 000604 when the statement is cancelled meanwhile; nothing is taken then.
        """
        deadline = self._clock.now() + datetime.timedelta(seconds=timeout_seconds)
        with self._changed:
            if self._is_taken(wanted):
                return
            self._check_waiters(wanted)
            self._waiting[wanted.session] = wanted
            self._changed.notify_all()
        try:
            while not self._waited(wanted, deadline, is_cancelled):
                pass
        finally:
            with self._changed:
                del self._waiting[wanted.session]

    def _waited(self, wanted: Lock, deadline: datetime.datetime, is_cancelled: Callable[[], bool]) -> bool:
        """One look; True when the lock is had."""
        with self._changed:
            holder = self._holders.get(wanted.table)
        if holder is not None:
            self.on_blocked(holder.session)
        with self._changed:
            if self._is_taken(wanted):
                return True
            self._check_wait(wanted, deadline)
            if is_cancelled():
                raise canceled()
            self._changed.wait(_LOOK_SECONDS)
        return False

    def _is_taken(self, wanted: Lock) -> bool:
        holder = self._holders.setdefault(wanted.table, self._held(wanted))
        return holder.session == wanted.session

    def _held(self, wanted: Lock) -> Lock:
        return dataclasses.replace(wanted, acquired_at=self._clock.now())

    def _check_waiters(self, wanted: Lock) -> None:
        """Snowflake's limit is known from the error's text only."""
        waiters = sum(lock.table == wanted.table for lock in self._waiting.values())
        if waiters >= MOST_WAITERS:
            reason = f"the number of waiters for this lock exceeds the {MOST_WAITERS} statements limit."
            raise self._refused(wanted, reason)

    def _check_wait(self, wanted: Lock, deadline: datetime.datetime) -> None:
        if self._is_deadlock(wanted.session):
            raise self._refused(wanted, "the two transactions wait for one another (deadlock).")
        if self._clock.now() >= deadline:
            raise self._refused(wanted, "it has waited for this lock for as long as LOCK_TIMEOUT says.")

    def _refused(self, wanted: Lock, reason: str) -> SqlError:
        holder = self._holders[wanted.table]
        message = (
            f"Statement '{holder.query_id}' has locked table '{wanted.table[2]}' in transaction "
            f"{holder.transaction} and this lock has not yet been released.\n"
            f"Your statement '{wanted.query_id}' was aborted because {reason}"
        )
        return SqlError(625, "57014", message)

    def _is_deadlock(self, session: int) -> bool:
        """Whether sessions wait for one another in a circle that this one was the last to close."""
        circle = [session]
        while True:
            holder = self._holders.get(self._waiting[circle[-1]].table)
            if holder is None or holder.session not in self._waiting:
                return False
            if holder.session == session:
                return session == [waiter for waiter in self._waiting if waiter in circle][-1]
            if holder.session in circle:
                return False
            circle.append(holder.session)

    def is_waiting(self, session: int) -> bool:
        """Whether a statement of that session waits for a lock."""
        with self._changed:
            return session in self._waiting

    def all(self) -> list[Lock]:
        """The locks that are held, then those that are waited for."""
        with self._changed:
            return [*self._holders.values(), *self._waiting.values()]

    def release(self, session: int) -> None:
        """Give back all locks of a session."""
        with self._changed:
            self._holders = {
                table: holder for table, holder in self._holders.items() if holder.session != session
            }
            self._changed.notify_all()
