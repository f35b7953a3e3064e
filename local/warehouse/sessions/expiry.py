"""What ends by itself: idle transactions and sessions, and queries that nobody waits for any more.

All by the warehouse's clock. A transaction that nothing was sent to is rolled back after 5 minutes when it blocks
another statement's lock, else after 4 hours; a session that nothing was heard of for 4 hours ends with it.
https://docs.snowflake.com/en/sql-reference/transactions#aborting-transactions
https://docs.snowflake.com/en/sql-reference/parameters#abort-detached-query
"""

from __future__ import annotations

import threading

from local.warehouse.clock import Clock
from local.warehouse.sessions.queries import QueryRegistry
from local.warehouse.sessions.sessions import Session, SessionRegistry

BLOCKING_SECONDS = 300
IDLE_TRANSACTION_SECONDS = 14_400
DETACHED_SECONDS = 300
LOGGED_OUT_SECONDS = 120
_LOOK_SECONDS = 0.25
_ABORT_SECONDS = 10.0


class Expiry:
    """Looks at sessions and queries, from a thread of its own and whenever a request comes; thread-safe."""

    def __init__(self, clock: Clock, sessions: SessionRegistry, queries: QueryRegistry) -> None:
        self._clock = clock
        self._sessions = sessions
        self._queries = queries
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="expiry", daemon=True)

    def start(self) -> None:
        """Begin to look, four times a second."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; returns when it has ended."""
        self._is_over.set()
        self._thread.join(_ABORT_SECONDS)

    def _watch(self) -> None:
        while not self._is_over.wait(_LOOK_SECONDS):
            self.look()

    def look(self) -> None:
        """End whatever is due."""
        for session in self._sessions.all():
            end_if_idle(session, self._clock, IDLE_TRANSACTION_SECONDS)
        for query in self._queries.running():
            if self._is_lost(query.session):
                self._queries.cancel(query.id)
        self._sessions.end_idle()

    def _is_lost(self, session: Session) -> bool:
        now = self._clock.now()
        if session.logged_out_at is not None:
            return (now - session.logged_out_at).total_seconds() >= LOGGED_OUT_SECONDS
        return (
            session.parameters.is_true("ABORT_DETACHED_QUERY")
            and session.idle_seconds(now) >= DETACHED_SECONDS
        )

    def blocked_by(self, session_id: int) -> None:
        """Somebody waits for a lock of this session: end its transaction if it has been idle for 5 minutes."""
        for session in self._sessions.all():
            if session.id == session_id:
                end_if_idle(session, self._clock, BLOCKING_SECONDS)

    def log_out(self, session: Session) -> None:
        """End a session at its client's wish.

        Its synchronous queries are aborted at once; asynchronous ones have two minutes left.
        """
        session.logged_out_at = self._clock.now()
        for query in self._queries.running():
            if query.session is session and not query.submission.is_asynchronous:
                self._queries.cancel(query.id)
        self._sessions.close(session)

    def abort_transaction(self, transaction_id: int, by: Session) -> bool:
        """Roll an open transaction back, whatever it is doing; False when there is none with that id."""
        for session in self._sessions.all():
            transaction = session.transaction
            if not transaction.is_open or transaction.id != transaction_id:
                continue
            if session is by:
                transaction.rollback()
                return True
            for query in self._queries.running():
                if query.session is session:
                    self._queries.cancel(query.id)
            return _rolled_back(session, transaction_id, _ABORT_SECONDS)
        return False


def end_if_idle(session: Session, clock: Clock, seconds: float) -> None:
    """Roll a session's transaction back if nothing was sent to it for so long; never waits for the session."""
    transaction = session.transaction
    idle = clock.now() - transaction.touched_at
    if transaction.is_open and idle.total_seconds() >= seconds:
        _rolled_back(session, transaction.id, 0)


def _rolled_back(session: Session, transaction_id: int, wait_seconds: float) -> bool:
    is_had = session.lock.acquire(timeout=wait_seconds) if wait_seconds else session.lock.acquire(False)
    if not is_had:
        return False
    try:
        is_same = session.transaction.is_open and session.transaction.id == transaction_id
        if is_same:
            session.transaction.rollback()
        return is_same
    finally:
        session.lock.release()
