"""What tests of several sessions at once repeat: a schema with sessions in it, and threads that give an answer."""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Callable, Iterator
from typing import Any

import snowflake.connector
from snowflake.connector import SnowflakeConnection

from tests.contracts.warehouse.backend import Backend

WAIT_SECONDS = 60


class Sessions:
    """Sessions in one schema, logged out at the end; those that are gone already do no harm."""

    def __init__(self, backend: Backend, schema: str) -> None:
        self._backend = backend
        self._schema = schema
        self._opened: list[SnowflakeConnection] = []

    def open(self, **parameters: Any) -> SnowflakeConnection:
        """Log in one more, with session parameters."""
        self._opened.append(self._backend.connect(self._schema, parameters))
        return self._opened[-1]

    def close(self) -> None:
        """Log all out."""
        for session in self._opened:
            with contextlib.suppress(snowflake.connector.errors.Error):
                session.close()


@contextlib.contextmanager
def sessions_of(backend: Backend) -> Iterator[Sessions]:
    """Sessions in a schema of their own, which is dropped at the end."""
    schema = f"TEST_{secrets.token_hex(6).upper()}"
    with contextlib.closing(backend.connect("PUBLIC", {})) as home:
        rows(home, f"CREATE SCHEMA {backend.database}.{schema}")
        opened = Sessions(backend, schema)
        try:
            yield opened
        finally:
            opened.close()
            rows(home, f"DROP SCHEMA {backend.database}.{schema} CASCADE")


def rows(session: SnowflakeConnection, statement: str, binds: tuple[Any, ...] = ()) -> list[Any]:
    """The rows of a statement."""
    return list(session.cursor().execute(statement, binds or None).fetchall())


def error_of(action: Callable[[], Any]) -> snowflake.connector.errors.Error | None:
    """What an action fails with, None when it succeeds."""
    try:
        action()
    except snowflake.connector.errors.Error as error:
        return error
    return None


class Later:
    """An action in a thread of its own; `result` waits for what it gives or raises."""

    def __init__(self, action: Callable[[], Any]) -> None:
        self._action = action
        self._given: Any = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._given = self._action()
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asks
            self._error = error

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._thread.is_alive()

    def result(self) -> Any:
        """What the action gave; raises what it raised, AssertionError after a minute."""
        self._thread.join(WAIT_SECONDS)
        assert not self._thread.is_alive(), "still waiting"
        if self._error is not None:
            raise self._error
        return self._given


def eventually(is_so: Callable[[], bool]) -> None:
    """Ask again and again until it is so; AssertionError after a minute."""
    pause = threading.Event()
    for _ in range(WAIT_SECONDS * 20):
        if is_so():
            return
        pause.wait(0.05)
    raise AssertionError("it did not come to be")
