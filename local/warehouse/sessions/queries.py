"""Every statement is a query with an id that runs in a thread of its own; anyone may ask for its state and result.

Answers of a retried requestId come from the first execution.
https://docs.snowflake.com/en/developer-guide/python-connector/python-connector-example (asynchronous queries)
"""

from __future__ import annotations

import contextlib
import datetime
import re
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from local.warehouse.clock import Clock
from local.warehouse.errors import SqlError, as_sql_error, canceled
from local.warehouse.results import Result
from local.warehouse.sessions.query_history import HistoryEntry, HistoryFile
from local.warehouse.sessions.query_type import query_type, rows_produced
from local.warehouse.sessions.sessions import Session

QUERIES_KEPT = 10_000
RESULTS_KEPT = 500
RESULT_SECONDS = 86_400
LONGEST_SECONDS = 604_800
_INTERRUPT_SECONDS = 0.05
_NEEDS_NO_TURN = re.compile(
    r"(?is)^\s*SELECT\s+(SYSTEM\$CANCEL_QUERY\b|\*\s+FROM\s+TABLE\s*\(\s*RESULT_SCAN\s*\(\s*'[^']*'\s*\)\s*\)\s*;?\s*$)"
)


@dataclass(frozen=True)
class Submission:
    """What a client sends to be executed."""

    text: str
    bindings: Mapping[str, Any] | None = None
    request_id: str | None = None
    is_describe_only: bool = False
    is_asynchronous: bool = False


@dataclass(frozen=True)
class QueryContext:
    """The names that were current in the session when the query was sent."""

    database: str | None
    schema: str | None
    role: str
    warehouse: str


@dataclass
class Query:
    """One execution. `done` gets None when it has ended; then either `result` or `error` is set."""

    id: str
    session: Session
    submission: Submission
    tag: str
    started_at: datetime.datetime
    context: QueryContext
    is_blocked: Callable[[int], bool]
    ended_at: datetime.datetime | None = None
    result: Result | None = None
    rows_produced: int | None = None
    warehouse_size: str | None = None
    error: SqlError | None = None
    done: Future[None] = field(default_factory=Future)
    cancelled: threading.Event = field(default_factory=threading.Event)
    executing: threading.Event = field(default_factory=threading.Event)
    _interrupting: threading.Lock = field(default_factory=threading.Lock)

    def interrupt(self) -> None:
        """Stop what DuckDB does for this query; nothing once its execution is over."""
        with self._interrupting:
            if self.executing.is_set():
                self.session.duck.interrupt()

    def stop_interrupts(self) -> None:
        """From now on the session's connection is not interrupted for this query."""
        with self._interrupting:
            self.executing.clear()

    @property
    def status(self) -> str:
        """Snowflake's word for where it stands.

        https://docs.snowflake.com/en/sql-reference/functions/query_history
        """
        if self.ended_at is None:
            is_blocked = self.session.query_id == self.id and self.is_blocked(self.session.id)
            return "BLOCKED" if is_blocked else "RUNNING"
        return "FAILED_WITH_ERROR" if self.error else "SUCCESS"

    def entry(self) -> HistoryEntry:
        """Its row of the query history."""
        return HistoryEntry(
            query_id=self.id,
            query_text=self.submission.text,
            query_tag=self.tag,
            user_name=self.session.user,
            session_id=self.session.id,
            execution_status=self.status,
            start_time=self.started_at,
            end_time=self.ended_at,
            error_code=self.error.code_text if self.error else None,
            error_message=self.error.message if self.error else None,
            query_type=query_type(self.submission.text),
            database_name=self.context.database,
            schema_name=self.context.schema,
            role_name=self.context.role,
            warehouse_name=self.context.warehouse,
            rows_produced=self.rows_produced,
            warehouse_size=self.warehouse_size,
        )


class QueryRegistry:
    """All queries of this server's life, and the history of those before; thread-safe.

    Keeps the newest 10,000 queries and the results of the newest 500.
    """

    def __init__(
        self,
        execute: Callable[[Query], Result],
        history: HistoryFile,
        clock: Clock,
        is_blocked: Callable[[int], bool],
    ) -> None:
        self._execute = execute
        self._clock = clock
        self._is_blocked = is_blocked
        self._history = history
        self._lock = threading.Lock()
        self._queries: OrderedDict[str, Query] = OrderedDict()
        self._requests: OrderedDict[str, Query] = OrderedDict()
        self._running: dict[str, Query] = {}

    def submit(self, session: Session, submission: Submission) -> Query:
        """Start a query, or give the one that an earlier try of the same request has started."""
        with self._lock:
            known = self._requests.get(submission.request_id or "")
            if known is not None:
                return known
            query = self._new_query(session, submission)
        self._history.append(query.entry())
        session.enter()
        threading.Thread(target=self._run, args=(query,), name=f"query-{query.id}", daemon=True).start()
        return query

    def _new_query(self, session: Session, submission: Submission) -> Query:
        tag = session.parameters.text("QUERY_TAG")
        context = QueryContext(session.database, session.schema, session.role, session.warehouse or "")
        query = Query(
            str(uuid.uuid4()), session, submission, tag, self._clock.now(), context, self._is_blocked
        )
        self._queries[query.id] = self._running[query.id] = query
        if submission.request_id:
            self._requests[submission.request_id] = query
        self._forget_old()
        return query

    def _forget_old(self) -> None:
        for old in list(self._queries.values())[-RESULTS_KEPT - 1 : -RESULTS_KEPT]:
            if old.done.done():
                old.result = None
        for kept in (self._queries, self._requests):
            while len(kept) > QUERIES_KEPT:
                kept.popitem(last=False)

    def _run(self, query: Query) -> None:
        try:
            if _NEEDS_NO_TURN.match(query.submission.text):
                query.result = self._execute(query)
            else:
                query.result = self._run_in_turn(query)
            query.rows_produced = rows_produced(query.result)
        except BaseException as error:  # noqa: BLE001 - whatever a statement raises is its answer
            query.error = canceled() if query.cancelled.is_set() else as_sql_error(error)
        finally:
            query.ended_at = self._clock.now()
            query.session.leave()
            with self._lock:
                self._running.pop(query.id, None)
            try:
                self._history.append(query.entry())
            finally:
                query.done.set_result(None)

    def _run_in_turn(self, query: Query) -> Result:
        with _turn(query):
            if query.cancelled.is_set():
                raise canceled()
            seconds = query.session.parameters.seconds("STATEMENT_TIMEOUT_IN_SECONDS")
            is_late = threading.Event()
            timer = threading.Timer(
                min(seconds or LONGEST_SECONDS, LONGEST_SECONDS), self._time_out, (query, is_late)
            )
            timer.daemon = True
            timer.start()
            query.session.query_id = query.id
            query.executing.set()
            try:
                return self._execute(query)
            except BaseException:
                if is_late.is_set():
                    query.cancelled.clear()
                    raise _timed_out(seconds) from None
                raise
            finally:
                query.stop_interrupts()
                timer.cancel()

    def _time_out(self, query: Query, is_late: threading.Event) -> None:
        is_late.set()
        self.cancel(query.id)

    def get(self, query_id: str) -> Query | None:
        """A query of this server's life."""
        with self._lock:
            return self._queries.get(query_id)

    def kept_result(self, query_id: str, user: str) -> Result:
        """What a query of the last 24 hours answered to this user.

        Raises SqlError: the query's own failure, or 000709 when there is no such result.
        https://docs.snowflake.com/en/sql-reference/functions/result_scan
        """
        query = self.get(query_id)
        if query is None or query.session.user != user or query.ended_at is None:
            raise SqlError(709, "02000", f"Statement {query_id} not found")
        if query.error is not None:
            raise query.error
        if query.result is None or (self._clock.now() - query.ended_at).total_seconds() > RESULT_SECONDS:
            raise SqlError(709, "02000", f"Statement {query_id} not found")
        return query.result

    def of_session(self, session_id: int) -> list[Query]:
        """The queries of a session in the order in which they were sent."""
        with self._lock:
            return [query for query in self._queries.values() if query.session.id == session_id]

    def by_request(self, request_id: str) -> Query | None:
        """The query that a request has started."""
        with self._lock:
            return self._requests.get(request_id)

    def entry(self, query_id: str) -> HistoryEntry | None:
        """The history of a query, of an earlier life of the server too."""
        query = self.get(query_id)
        return query.entry() if query else self._history.earlier.get(query_id)

    def entries(self) -> list[HistoryEntry]:
        """The history, oldest first."""
        with self._lock:
            queries = list(self._queries.values())
        return [*self._history.earlier.values(), *(query.entry() for query in queries)]

    def running(self) -> list[Query]:
        """The queries that have not ended."""
        with self._lock:
            return list(self._running.values())

    def cancel(self, query_id: str) -> bool:
        """Ask a running query to stop; False when there is none to stop. It stops soon, not at once."""
        query = self.get(query_id)
        if query is None or query.done.done():
            return False
        query.cancelled.set()
        threading.Thread(target=_interrupt_until_done, args=(query,), daemon=True).start()
        return True


@contextlib.contextmanager
def _turn(query: Query) -> Iterator[None]:
    """One statement of a session at a time; one that is cancelled does not wait on for its turn."""
    while not query.session.lock.acquire(timeout=_INTERRUPT_SECONDS):
        if query.cancelled.is_set():
            raise canceled()
    try:
        yield
    finally:
        query.session.lock.release()


def _interrupt_until_done(query: Query) -> None:
    """An interrupt that comes before DuckDB has begun is lost, so it is said again until the query has ended."""
    while not query.done.done():
        query.interrupt()
        threading.Event().wait(_INTERRUPT_SECONDS)


def _timed_out(seconds: int) -> SqlError:
    message = f"Statement reached its statement or warehouse timeout of {seconds} second(s) and was canceled."
    return SqlError(630, "57014", message)
