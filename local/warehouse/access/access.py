"""The account: who logs in with which role, what a statement may do, and what becomes of grants after it.

One place is asked before a statement runs (`permitted`), over one store of grants.
https://docs.snowflake.com/en/user-guide/security-access-control-overview
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

from fakesnow.expr import normalise_ident

from local.warehouse.access.account_file import AccountFile
from local.warehouse.access.account_parameters import AccountParameters
from local.warehouse.access.authorization import Authorization
from local.warehouse.access.compute import Compute
from local.warehouse.access.grants import Grants, ObjectKey
from local.warehouse.access.needed_privileges import needs_of
from local.warehouse.access.pace import Pace
from local.warehouse.access.roles import ADMINISTRATOR, PUBLIC, Roles, User
from local.warehouse.access.warehouses import FIRST, Warehouses
from local.warehouse.clock import Clock
from local.warehouse.errors import SqlError, as_sql_error, cannot_use
from local.warehouse.instance import WarehouseInstance
from local.warehouse.sessions.queries import Query
from local.warehouse.sessions.query_history import HistoryEntry
from local.warehouse.sessions.sessions import Login, Session
from local.warehouse.statements.object_statement import ObjectStatement, read_object_statement

_USE = re.compile(r"(?i)USE\b")
_DEFINITION = re.compile(r"(?i)(CREATE|DROP|ALTER|TRUNCATE|DESC)")
_CHANGING = ("CREATE", "DROP", "ALTER", "UNDROP")


class Access:
    """Roles, grants and warehouses of one server; with a path they survive in that file. Thread-safe."""

    def __init__(self, instance: WarehouseInstance, clock: Clock, path: Path | None) -> None:
        self.file = AccountFile(path)
        self.roles = Roles(self.file, clock.now)
        self.grants = Grants(self.file, clock.now)
        self.warehouses = Warehouses(self.file, clock.now)
        self.parameters = AccountParameters(self.file)
        self.authorization = Authorization(instance, self.roles, self.grants)
        self.compute = Compute(self.file, self.warehouses, self.authorization)
        self.pace = Pace(self.compute)

    def admit(self, login: Login) -> Login:
        """A login with what it leaves open filled in; raises SqlError 390189 for a role that is not granted.

        A user that is not known is made, with ACCOUNTADMIN (deviation: no password is looked at).
        """
        with self.file.lock:
            user = self._user(login.user.upper())
            role = normalise_ident(login.role) if login.role else user.default_role
            if role not in self.roles.of_user(user.name):
                raise _role_refused(role, is_default=not login.role)
            name = normalise_ident(login.warehouse) if login.warehouse else user.default_warehouse
            roles = self.roles.reach(role)
            key = ObjectKey("WAREHOUSE", (name,))
            is_usable = ADMINISTRATOR in roles or bool(self.grants.privileges(key, roles))
            warehouse = name if self.warehouses.find(name) and is_usable else None
            return dataclasses.replace(
                login,
                role=role,
                warehouse=warehouse,
                parameters={**self.parameters.of_user(user.name), **login.parameters},
            )

    def _user(self, name: str) -> User:
        user = self.roles.user(name)
        if user is None:
            user = User(name, ADMINISTRATOR, FIRST, "", "", self.roles.moment())
            self.roles.put_user(user)
            self.roles.grant(ADMINISTRATOR, "USER", name, "")
            self.file.save()
        return user

    def enter(self, session: Session) -> None:
        """After the login: take the user's secondary roles, and no database that the role may not use."""
        user = self.roles.user(session.user)
        session.has_secondary_roles = bool(user and user.has_secondary_roles)
        database = session.database
        if database and not self.authorization.may(session, ObjectKey("DATABASE", (database,)), "USAGE"):
            session.duck.execute("USE memory.main")
            session.connection.database_set = session.connection.schema_set = False

    @contextlib.contextmanager
    def permitted(self, query: Query, text: str) -> Iterator[None]:
        """Run a statement inside: refused before it when a privilege lacks; grants follow what it has done."""
        session = query.session
        with self.file.lock:
            if not self.authorization.is_administrator(session):
                self._check(session, text)
        change = read_object_statement(text)
        if change is not None and (
            change.verb not in _CHANGING or change.is_temporary or query.submission.is_describe_only
        ):
            change = None
        was_there = change is not None and self._is_there(session, change)
        with self.compute.running(query, text), self._naming_what_is_missing(session, text):
            yield
        if change is not None:
            with self.file.lock:
                self._follow(session, change, was_there=was_there)
                self.file.save()

    def _check(self, session: Session, text: str) -> None:
        try:
            self.authorization.check(session, needs_of(text))
        except SqlError as error:
            raise cannot_use() if _USE.match(text) and error.code in (2003, 3001) else error from None

    @contextlib.contextmanager
    def _naming_what_is_missing(self, session: Session, text: str) -> Iterator[None]:
        """DuckDB's words for an object that is not there become Snowflake's, with its full name."""
        try:
            yield
        except Exception as error:
            if _USE.match(text) and as_sql_error(error).code in (2003, 2043):
                raise cannot_use() from None
            if as_sql_error(error).code != 2003:
                raise
            is_definition = _DEFINITION.match(text) is not None
            missing = self.authorization.missing(session, needs_of(text), is_definition=is_definition)
            if missing is None:
                raise
            raise missing from None

    def _is_there(self, session: Session, change: ObjectStatement) -> bool:
        try:
            return self.authorization.exists(_key(session, change.kind, change.name))
        except SqlError:
            return False

    def _follow(self, session: Session, change: ObjectStatement, *, was_there: bool) -> None:
        key = _key(session, change.kind, change.name)
        if change.verb == "CREATE" and not (was_there and change.is_tolerant):
            self._created(session, change, key)
        elif change.verb == "DROP" and was_there:
            self.grants.forget(key)
        elif change.verb == "UNDROP":
            self.grants.bring_back(key)
        elif change.verb == "ALTER" and change.new_name is not None and was_there:
            new = _key(session, change.kind, _completed(change.new_name, key))
            if change.is_swap:
                self.grants.swap(key, new)
            else:
                self.grants.rename(key, new)

    def _created(self, session: Session, change: ObjectStatement, key: ObjectKey) -> None:
        if change.is_replacing and not change.keeps_grants:
            self.grants.forget(key)
        self.grants.own(key, session.role)
        if key.kind == "DATABASE":
            self.grants.own(ObjectKey("SCHEMA", (*key.name, "PUBLIC")), session.role)
        if change.is_clone and change.source is not None and key.kind in ("DATABASE", "SCHEMA"):
            self.grants.copy_inside(_key(session, key.kind, change.source), key)
        if key.kind != "DATABASE":
            self.grants.apply_future(key, session.role)

    def visible_entries(self, session: Session, entries: list[HistoryEntry]) -> list[HistoryEntry]:
        """The queries that a session may see: its user's, and those on warehouses that its role may watch.

        https://docs.snowflake.com/en/sql-reference/functions/query_history#usage-notes
        """
        with self.file.lock:
            if self.authorization.is_administrator(session):
                return entries
            return [entry for entry in entries if self._may_see(session, entry)]

    def _may_see(self, session: Session, entry: HistoryEntry) -> bool:
        if entry.user_name == session.user:
            return True
        name = getattr(entry, "warehouse_name", None)
        return name is not None and self.authorization.may(
            session, ObjectKey("WAREHOUSE", (name,)), "MONITOR", "OPERATE"
        )


def _key(session: Session, kind: str, name: tuple[str, ...]) -> ObjectKey:
    """An object's key from its name as a statement has it."""
    if kind == "DATABASE":
        return ObjectKey(kind, name[:1])
    if kind == "SCHEMA":
        database = name[:1] if len(name) == 2 else (session.database or "",)
        return ObjectKey(kind, (*database, name[-1]))
    return ObjectKey("TABLE" if kind == "VIEW" else kind, session.qualify(name))


def _completed(name: tuple[str, ...], old: ObjectKey) -> tuple[str, ...]:
    """A new name takes what it leaves out from the old one."""
    return (*old.name[: len(old.name) - len(name)], *name)


def _role_refused(role: str, *, is_default: bool) -> SqlError:
    if is_default:
        text = (
            f"User's configured default role '{role}' is not granted to this user. Contact your local system "
            "administrator, or attempt to login using a CLI client with a connect string selecting another role, "
            f"e.g. {PUBLIC}."
        )
    else:
        text = (
            f"Role '{role}' specified in the connect string does not exist or not authorized. Contact your local "
            f"system administrator, or attempt to login with another role, e.g. {PUBLIC}."
        )
    return SqlError(390189, "08004", text)
