"""Logged-in sessions, by token."""

from __future__ import annotations

import itertools
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import duckdb
from fakesnow.expr import normalise_ident
from fakesnow.fakes import FakeSnowflakeConnection

from local.warehouse.errors import SqlError
from local.warehouse.instance import WarehouseInstance
from local.warehouse.session_parameters import SessionParameters
from local.warehouse.table_locks import TableLocks
from local.warehouse.transactions import Transaction


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
    has_secondary_roles: bool = False
    client: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)
    _counting: threading.Lock = field(default_factory=threading.Lock)
    _pending: int = 0
    _is_leaving: bool = False

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

    def __init__(self, instance: WarehouseInstance, locks: TableLocks) -> None:
        self._instance = instance
        self._locks = locks
        self._numbers = itertools.count(1_000_001)
        self._sessions: dict[str, Session] = {}

    def open(self, login: Login) -> Session:
        """A new session; a database or schema that does not exist is not made, and not current then."""
        parameters = SessionParameters(login.parameters)
        number = next(self._numbers)
        database = normalise_ident(login.database) if login.database else None
        schema = normalise_ident(login.schema) if login.schema else "PUBLIC" if database else None
        connection = self._instance.open_connection(database, schema)
        session = Session(
            id=number,
            token=secrets.token_urlsafe(32),
            user=login.user.upper(),
            role=login.role or "ACCOUNTADMIN",
            warehouse=login.warehouse,
            connection=connection,
            parameters=parameters,
            transaction=Transaction(connection._duck_conn, self._locks, number),
            client=login.client,
        )
        self._sessions[session.token] = session
        return session

    def get(self, token: str) -> Session | None:
        """The open session of a token."""
        return self._sessions.get(token)

    def all(self) -> list[Session]:
        """All open sessions."""
        return list(self._sessions.values())

    def close(self, session: Session) -> None:
        """Log out; the token is worth nothing from now on."""
        self._sessions.pop(session.token, None)
        session.log_out()
