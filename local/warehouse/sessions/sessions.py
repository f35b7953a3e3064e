"""Logged-in sessions, by token, and how long a token is good for.

A session token is good for an hour; the client then gets a new one for its master token, which is good for four
hours after the last request. A session whose CLIENT_SESSION_KEEP_ALIVE is true does not idle out, as if its
client's heartbeats had come while the clock was moved (deviation).
https://docs.snowflake.com/en/user-guide/session-policies
"""

from __future__ import annotations

import contextlib
import datetime
import itertools
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import duckdb
from fakesnow.expr import normalise_ident
from fakesnow.fakes import FakeSnowflakeConnection

from local.warehouse.clock import Clock
from local.warehouse.errors import SqlError
from local.warehouse.instance import WarehouseInstance
from local.warehouse.sessions.session_parameters import SessionParameters
from local.warehouse.tables.change_log import ChangeLog
from local.warehouse.transactions.table_changes import TableChanges
from local.warehouse.transactions.table_locks import TableLocks
from local.warehouse.transactions.transactions import Transaction

TOKEN_SECONDS = 3_600
IDLE_SECONDS = 14_400
_ENDED_KEPT = 1_000


@dataclass
class Session:
    """One login: its DuckDB connection, parameters and transaction.

    `lock` lets one statement run at a time. A session that logs out takes no new statement; those that it has sent
    still come to their end, then its open transaction is rolled back and its connection closed.
    """

    id: int
    token: str
    user: str
    role: str
    warehouse: str | None
    connection: FakeSnowflakeConnection
    parameters: SessionParameters
    transaction: Transaction
    change_log: ChangeLog
    master_token: str
    touched_at: datetime.datetime
    token_issued_at: datetime.datetime
    has_secondary_roles: bool = False
    client: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)
    query_id: str = ""
    logged_out_at: datetime.datetime | None = None
    _attending: int = 0
    _counting: threading.Lock = field(default_factory=threading.Lock)
    _pending: int = 0
    _is_leaving: bool = False

    @contextlib.contextmanager
    def attended(self, clock: Clock) -> Iterator[None]:
        """While a client waits for an answer its session is not lost."""
        with self._counting:
            self._attending += 1
        try:
            yield
        finally:
            with self._counting:
                self._attending -= 1
                self.touched_at = clock.now()

    def idle_seconds(self, now: datetime.datetime) -> float:
        """For how long no request came; 0 while one is being answered."""
        return 0.0 if self._attending else (now - self.touched_at).total_seconds()

    @property
    def is_busy(self) -> bool:
        """Whether a statement of it has not ended."""
        return self._pending > 0

    def enter(self) -> None:
        """Count a statement that was sent."""
        with self._counting:
            self._pending += 1

    def leave(self) -> None:
        """A statement has ended; the last one of a session that logged out closes it."""
        with self._counting:
            self._pending -= 1
            is_over = self._is_leaving and self._pending == 0
        if is_over:
            self._dispose()

    def log_out(self) -> None:
        """Close as soon as no statement is left."""
        with self._counting:
            self._is_leaving = True
            is_over = self._pending == 0
        if is_over:
            self._dispose()

    def _dispose(self) -> None:
        self.transaction.rollback()
        self.connection.close()

    @property
    def duck(self) -> duckdb.DuckDBPyConnection:
        """The DuckDB connection."""
        return self.connection._duck_conn

    @property
    def database(self) -> str | None:
        """The current database, None when there is none."""
        return self.connection.database if self.connection.database_set else None

    @property
    def schema(self) -> str | None:
        """The current schema, None when there is none."""
        return self.connection.schema if self.connection.schema_set else None

    def qualify(self, name: tuple[str, ...]) -> tuple[str, str, str]:
        """Database, schema and name of an object; raises SqlError when the session has none to add."""
        if len(name) > 3:
            raise SqlError(1003, "42000", f"SQL compilation error:\ninvalid name '{'.'.join(name)}'")
        parts = ((self.database,) if len(name) < 3 else ()) + ((self.schema,) if len(name) < 2 else ()) + name
        database, schema, last = parts
        if not database:
            raise SqlError(
                90105,
                "22000",
                "Cannot perform operation. This session does not have a current database. "
                "Call 'USE DATABASE', or use a qualified name.",
            )
        if not schema:
            raise SqlError(
                90106,
                "22000",
                "Cannot perform operation. This session does not have a current schema. "
                "Call 'USE SCHEMA', or use a qualified name.",
            )
        return database, schema, last or ""


@dataclass(frozen=True)
class Login:
    """What a client says when it logs in. No password: the stand-in takes any."""

    user: str
    database: str | None
    schema: str | None
    role: str | None
    warehouse: str | None
    parameters: Mapping[str, object]
    client: str = ""


class SessionRegistry:
    """All open sessions; thread-safe."""

    def __init__(
        self, instance: WarehouseInstance, locks: TableLocks, clock: Clock, changes: TableChanges
    ) -> None:
        self._instance = instance
        self._locks = locks
        self._clock = clock
        self._changes = changes
        self._numbers = itertools.count(1_000_001)
        self._sessions: dict[str, Session] = {}
        self._renewing = threading.Lock()
        self._ended: OrderedDict[str, SqlError] = OrderedDict()

    def open(self, login: Login) -> Session:
        """A new session; a database or schema that does not exist is not made, and not current then."""
        parameters = SessionParameters(login.parameters)
        number = next(self._numbers)
        database = normalise_ident(login.database) if login.database else None
        schema = normalise_ident(login.schema) if login.schema else "PUBLIC" if database else None
        connection = self._instance.open_connection(database, schema)
        now = self._clock.now()
        session = Session(
            id=number,
            token=secrets.token_urlsafe(32),
            user=login.user.upper(),
            role=login.role or "ACCOUNTADMIN",
            warehouse=login.warehouse,
            connection=connection,
            parameters=parameters,
            transaction=Transaction(connection._duck_conn, self._locks, number, self._clock, self._changes),
            change_log=ChangeLog(connection._duck_conn, self._clock),
            master_token=secrets.token_urlsafe(32),
            touched_at=now,
            token_issued_at=now,
            client=login.client,
        )
        session.transaction.before_commit = session.change_log.before_commit
        self._sessions[session.token] = session
        return session

    def get(self, token: str) -> Session:
        """The session of a token, which counts as a sign of life.

        Raises SqlError: 390112 for a token older than an hour, 390111 for a session that has ended, 390104 for a
        token that never was.
        """
        session = self._sessions.get(token)
        if session is None:
            raise self._ended.get(token) or SqlError(
                390104, "08001", "User must login again to access the service."
            )
        now = self._clock.now()
        if (now - session.token_issued_at).total_seconds() > TOKEN_SECONDS:
            raise _expired_token()
        session.touched_at = now
        return session

    def renew(self, master_token: str) -> Session:
        """Give the session of a master token a new session token; the master token stays and lives on.

        Raises SqlError 390114 when it has idled out or logged out, 390113 for a master token that never was.
        """
        with self._renewing:
            session = next((one for one in self.all() if one.master_token == master_token), None)
            if session is None:
                raise _expired_master() if master_token in self._ended else _unknown_master()
            session.token_issued_at = session.touched_at = self._clock.now()
            old, session.token = session.token, secrets.token_urlsafe(32)
            self._sessions[session.token] = session
            del self._sessions[old]
            self._remember_end(old, _expired_token())
            return session

    def all(self) -> list[Session]:
        """All open sessions."""
        return list(self._sessions.values())

    def close(self, session: Session) -> None:
        """Log out; the token is worth nothing from now on."""
        self._end(
            session,
            SqlError(390111, "08001", "Session no longer exists. New login required to access the service."),
        )

    def end_idle(self) -> None:
        """End the sessions from which nothing has come for four hours, with their transactions."""
        now = self._clock.now()
        for session in self.all():
            is_kept = session.parameters.is_true("CLIENT_SESSION_KEEP_ALIVE") or session.is_busy
            if not is_kept and session.idle_seconds(now) > IDLE_SECONDS:
                self._end(session, _expired_token())

    def _end(self, session: Session, answer: SqlError) -> None:
        with self._renewing:
            is_open = self._sessions.pop(session.token, None) is not None
            self._remember_end(session.token, answer)
            self._remember_end(session.master_token, _expired_master())
        if is_open:
            session.log_out()

    def _remember_end(self, token: str, answer: SqlError) -> None:
        self._ended[token] = answer
        while len(self._ended) > _ENDED_KEPT:
            self._ended.popitem(last=False)


def _expired_token() -> SqlError:
    return SqlError(390112, "08001", "Your session has expired. Please login again.")


def _expired_master() -> SqlError:
    return SqlError(390114, "08001", "Authentication token has expired.  The user must authenticate again.")


def _unknown_master() -> SqlError:
    message = "Authentication token has not been found.  The user must authenticate again."
    return SqlError(390113, "08001", message)
