"""Whole-table locks of UPDATE, DELETE and MERGE, held until the transaction of their session ends.

https://docs.snowflake.com/en/sql-reference/transactions#resource-locking
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from local.warehouse.errors import SqlError, canceled

TableName = tuple[str, str, str]
_LOOK_SECONDS = 0.2


class TableLocks:
    """Who holds which table; thread-safe. A session may take a lock again that it holds."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._holders: dict[TableName, int] = {}
        self._waiting: dict[int, TableName] = {}

    def acquire(
        self, table: TableName, session: int, timeout_seconds: float, is_cancelled: Callable[[], bool]
    ) -> None:
        """Take the lock, waiting for it.

        Raises SqlError 000625 after the timeout or when sessions wait for one another in a circle, 000604 when
        the statement is cancelled meanwhile; nothing is taken then.
        """
        deadline = time.monotonic() + timeout_seconds
        with self._changed:
            self._waiting[session] = table
            self._changed.notify_all()
            try:
                while self._holders.get(table, session) != session:
                    self._check_wait(table, session, deadline)
                    if is_cancelled():
                        raise canceled()
                    self._changed.wait(_LOOK_SECONDS)
                self._holders[table] = session
            finally:
                del self._waiting[session]

    def _check_wait(self, table: TableName, session: int, deadline: float) -> None:
        name = ".".join(table)
        if self._is_deadlock(session):
            raise SqlError(
                625, "57014", f"Statement aborted: deadlock between transactions over table '{name}'."
            )
        if time.monotonic() >= deadline:
            raise SqlError(
                625,
                "57014",
                f"Statement was aborted because the number of seconds to wait for the lock on table '{name}' "
                f"exceeded LOCK_TIMEOUT; session {self._holders[table]} holds it.",
            )

    def _is_deadlock(self, session: int) -> bool:
        waiter = session
        for _ in range(len(self._waiting)):
            holder = self._holders.get(self._waiting[waiter])
            if holder == session:
                return True
            if holder is None or holder not in self._waiting:
                return False
            waiter = holder
        return False

    def release(self, session: int) -> None:
        """Give back all locks of a session."""
        with self._changed:
            self._holders = {table: holder for table, holder in self._holders.items() if holder != session}
            self._changed.notify_all()
