"""Plays a golden case step by step on a backend and says at the first difference what was expected."""

from __future__ import annotations

import contextlib
import glob
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import snowflake.connector
from snowflake.connector import SnowflakeConnection
from snowflake.connector.cursor import SnowflakeCursor

from tests.contracts.warehouse.backend import Backend
from tests.contracts.warehouse.case import Advance, Case, Close, Error, Lose, Open, Put, PutMany, Run, Step


class Player:
    """The sessions and query ids of one case under way."""

    def __init__(self, backend: Backend, schema: str, folder: Path) -> None:
        self._backend = backend
        self._schema = schema
        self._folder = folder
        self._names = {
            "database": backend.database,
            "schema": f"{backend.database}.{schema}",
            "stage": f"@{backend.database}.{schema}.CHUNKS",
            "unique": f"U_{schema}",
            "warehouse": str(backend.parameters.get("warehouse", "LOCAL_WH")),
        }
        self._sessions: dict[str, SnowflakeConnection] = {}

    def play(self, step: Step) -> None:
        """Carry out one step; raises AssertionError when something else came of it."""
        match step:
            case Run():
                self._run(step)
            case Put():
                self._put(step)
            case PutMany():
                self._put_many(step)
            case Open():
                self._open_checked(step)
            case Close():
                self._sessions.pop(step.session).close()
            case Lose():
                forget(self._sessions.pop(step.session))
            case Advance():
                assert self._backend.advance is not None, "this warehouse's clock cannot be moved"
                self._backend.advance(step.seconds)

    def close(self) -> None:
        """Log all sessions out."""
        for session in self._sessions.values():
            with contextlib.suppress(snowflake.connector.errors.Error):
                session.close()

    def _session(self, name: str) -> SnowflakeConnection:
        if name not in self._sessions:
            self._open(name, {}, "", "")
        return self._sessions[name]

    def _open(self, name: str, parameters: Mapping[str, Any], role: str, warehouse: str) -> None:
        self._sessions[name] = self._backend.connect(self._schema, parameters, role, warehouse)

    def _open_checked(self, step: Open) -> None:
        try:
            self._open(step.session, step.parameters, self._text(step.role), self._text(step.warehouse))
        except snowflake.connector.errors.Error as error:
            if step.error is None:
                raise
            _compare_errors(f"login with {step}", error, step.error)
        else:
            assert step.error is None, f"login with {step}\nsucceeded; expected {step.error}"

    def clean(self, statements: tuple[str, ...]) -> None:
        """Drop what a case has made outside its schema, in a session of its own; what fails does not matter."""
        if not statements:
            return
        with contextlib.closing(self._backend.connect(self._schema, {})) as session:
            for statement in statements:
                with contextlib.suppress(snowflake.connector.errors.Error):
                    session.cursor().execute(self._text(statement))

    def _text(self, sql: str) -> str:
        if "{user}" in sql and "user" not in self._names:
            ((user,),) = self._session("first").cursor().execute("SELECT CURRENT_USER()").fetchall()
            self._names["user"] = f'"{user}"'
        for name, value in self._names.items():
            sql = sql.replace("{" + name + "}", value)
        return sql

    def _run(self, step: Run) -> None:
        sql = self._text(step.sql)
        cursor = self._session(step.session).cursor()
        failure = _failure_of(cursor, sql, step)
        if step.label:
            self._names[step.label] = str(cursor.sfqid)
        if failure is not None or step.error is not None:
            _compare_errors(sql, failure, step.error)
            return
        if step.affected is not None:
            assert cursor.rowcount == step.affected, f"{sql}\naffected {cursor.rowcount} rows"
        if step.rows is not None:
            expected = [tuple(self._text(v) if isinstance(v, str) else v for v in row) for row in step.rows]
            _compare_rows(sql, _picked(cursor, step.columns), expected, step.any_order)

    def _put(self, step: Put) -> None:
        path = PurePosixPath(step.path)
        local = self._folder / path.name
        local.write_bytes(step.content)
        folder = "" if str(path.parent) == "." else f"/{path.parent}"
        compress = "" if "AUTO_COMPRESS" in step.options else "AUTO_COMPRESS=FALSE"
        to = f"{self._text(step.stage)}{folder}"
        sql = f"PUT {_file(glob.escape(str(local)))} {_quoted(to)} {compress} {step.options}"
        row = _picked(self._session(step.session).cursor().execute(sql), ("status",))
        assert row == [(step.status,)], f"{sql}\nanswered {row}"

    def _put_many(self, step: PutMany) -> None:
        folder = self._folder / secrets.token_hex(4)
        folder.mkdir()
        for name, content in step.contents.items():
            (folder / name).write_bytes(content)
        to = f"{self._names['stage']}/{step.folder}"
        sql = f"PUT {_file(str(folder / step.pattern))} {_quoted(to)} AUTO_COMPRESS=FALSE"
        rows = _picked(self._session("first").cursor().execute(sql), ("source", "status"))
        assert rows == [(name, "UPLOADED") for name in step.sent], f"{sql}\nanswered {rows}"


def _quoted(text: str) -> str:
    escaped = text.replace("'", "\\'")
    return f"'{escaped}'"


def _file(path: str) -> str:
    return _quoted(f"file://{path}")


def _picked(cursor: Any, columns: tuple[str, ...]) -> list[tuple[Any, ...]]:
    rows = cursor.fetchall()
    if not columns:
        return [tuple(row) for row in rows]
    names = [column.name.upper() for column in cursor.description]
    positions = [names.index(column.upper()) for column in columns]
    return [tuple(row[position] for position in positions) for row in rows]


def _failure_of(cursor: SnowflakeCursor, sql: str, step: Run) -> snowflake.connector.errors.Error | None:
    try:
        cursor.execute(sql, step.binds or None)
    except snowflake.connector.errors.Error as error:
        return error
    return None


def _compare_errors(sql: str, error: snowflake.connector.errors.Error | None, expected: Error | None) -> None:
    assert error is not None, f"{sql}\nsucceeded; expected {expected}"
    assert expected is not None, f"{sql}\nfailed: {error}"
    assert error.errno == expected.code, f"{sql}\nfailed with {error}\nexpected {expected}"
    for words in expected.words:
        assert words in str(error.msg), f"{sql}\nfailed with {error}\nexpected the words {words!r}"


def _compare_rows(
    sql: str, found: list[tuple[Any, ...]], expected: list[tuple[Any, ...]], any_order: bool
) -> None:
    if any_order:
        found, expected = sorted(found, key=repr), sorted(expected, key=repr)
    assert found == expected, f"{sql}\ngave {found}\nexpected {expected}"


def forget(connection: SnowflakeConnection) -> None:
    """Leave a session as a killed process leaves it: open at the server, nobody there."""
    connection._close_at_exit = None  # type: ignore[attr-defined]
    if connection.rest is not None:
        connection.rest.delete_session = lambda *_args, **_kwargs: None  # type: ignore[method-assign]


@contextlib.contextmanager
def playing(backend: Backend, folder: Path) -> Iterator[Player]:
    """A player with a schema of its own, dropped at the end."""
    schema = f"CASE_{secrets.token_hex(6).upper()}"
    with contextlib.closing(backend.connect("PUBLIC", {})) as home:
        execute(home, f"CREATE SCHEMA {backend.database}.{schema}")
        execute(home, f"CREATE STAGE {backend.database}.{schema}.CHUNKS ENCRYPTION=(TYPE='SNOWFLAKE_SSE')")
        player = Player(backend, schema, folder)
        try:
            yield player
        finally:
            player.close()
            execute(home, f"DROP SCHEMA IF EXISTS {backend.database}.{schema} CASCADE")


def execute(connection: SnowflakeConnection, sql: str) -> SnowflakeCursor:
    """Execute a statement in a cursor of its own."""
    cursor = connection.cursor()
    cursor.execute(sql)
    return cursor


def play(case: Case, backend: Backend, folder: Path) -> None:
    """Play a whole case; raises AssertionError that names the step."""
    with playing(backend, folder) as player:
        try:
            for number, step in enumerate(case.steps, start=1):
                try:
                    player.play(step)
                except Exception as error:
                    error.add_note(
                        f"in step {number} of {case.name!r}; its rule: https://docs.snowflake.com/en/{case.page}"
                    )
                    raise
        finally:
            player.clean(case.cleanup)
