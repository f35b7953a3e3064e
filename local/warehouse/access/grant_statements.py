"""GRANT and REVOKE of privileges on objects, of ownership, and of what will be created.

https://docs.snowflake.com/en/sql-reference/sql/grant-privilege
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from local.warehouse.access.access import Access
from local.warehouse.access.authorization import insufficient
from local.warehouse.access.grants import ACCOUNT, OWNERSHIP, FutureGrant, ObjectKey
from local.warehouse.access.role_statements import grant_refused
from local.warehouse.errors import SqlError, does_not_exist, syntax_error, unsupported
from local.warehouse.instance import WarehouseInstance
from local.warehouse.results import SUCCESS, Result, status_result
from local.warehouse.sessions.sessions import Session
from local.warehouse.tokens import Tokens

_TABLE = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES")
PRIVILEGES = {
    "ACCOUNT": ("CREATE DATABASE", "CREATE WAREHOUSE", "CREATE ROLE", "CREATE USER", "MANAGE GRANTS"),
    "WAREHOUSE": ("USAGE", "OPERATE", "MODIFY", "MONITOR"),
    "DATABASE": ("USAGE", "MODIFY", "MONITOR", "CREATE SCHEMA"),
    "SCHEMA": (
        "USAGE",
        "MODIFY",
        "MONITOR",
        "CREATE TABLE",
        "CREATE VIEW",
        "CREATE STAGE",
        "CREATE FILE FORMAT",
        "CREATE SEQUENCE",
    ),
    "TABLE": _TABLE,
    "VIEW": ("SELECT", "REFERENCES"),
    "STAGE": ("READ", "WRITE", "USAGE"),
    "FILE FORMAT": ("USAGE",),
    "SEQUENCE": ("USAGE",),
}
_PLURALS = {
    "SCHEMAS": "SCHEMA",
    "TABLES": "TABLE",
    "VIEWS": "VIEW",
    "STAGES": "STAGE",
    "SEQUENCES": "SEQUENCE",
}
_LISTS = {
    "SCHEMA": "SELECT database_name, schema_name FROM duckdb_schemas() "
    "WHERE database_name = ? AND schema_name NOT IN ('main', '_fs_information_schema', 'INFORMATION_SCHEMA')",
    "TABLE": "SELECT database_name, schema_name, table_name FROM duckdb_tables() WHERE database_name = ?",
    "VIEW": "SELECT database_name, schema_name, view_name FROM duckdb_views() WHERE database_name = ?",
    "STAGE": "SELECT database_name, schema_name, name FROM _fs_global._fs_information_schema._fs_stages "
    "WHERE database_name = ?",
}


@dataclass(frozen=True)
class GrantStatement:
    """GRANT or REVOKE, read: what, on which object or on all or future ones in a container, to or from whom."""

    is_revoke: bool
    privileges: tuple[str, ...] | None
    kind: str
    name: tuple[str, ...]
    scope: str
    container: str
    role: str
    has_option: bool
    only_option: bool
    current_grants: str


def read_grant(text: str) -> GrantStatement:
    """Read the statement; raises SqlError 001003."""
    tokens = Tokens(text)
    is_revoke = not tokens.skip("GRANT")
    if is_revoke:
        tokens.expect_words("REVOKE")
    only_option = is_revoke and tokens.skip("GRANT", "OPTION", "FOR")
    privileges = _privileges(tokens)
    tokens.expect_words("ON")
    scope, kind, container, name = _target(tokens)
    tokens.expect_words("FROM" if is_revoke else "TO")
    if tokens.skip("USER") or tokens.skip("SHARE") or tokens.skip("DATABASE", "ROLE"):
        raise unsupported("privileges granted to anything but a role")
    tokens.skip("ROLE")
    role = tokens.name()[-1]
    has_option = tokens.skip("WITH", "GRANT", "OPTION")
    current_grants = next((word for word in ("COPY", "REVOKE") if tokens.skip(word, "CURRENT", "GRANTS")), "")
    tokens.skip("CASCADE") or tokens.skip("RESTRICT")
    tokens.expect_end()
    return GrantStatement(
        is_revoke, privileges, kind, name, scope, container, role, has_option, only_option, current_grants
    )


def _privileges(tokens: Tokens) -> tuple[str, ...] | None:
    """The privileges named; None for ALL."""
    if tokens.skip("ALL"):
        tokens.skip("PRIVILEGES")
        return None
    found = []
    while True:
        words = [_word(tokens)]
        while tokens.peek().kind == "word" and not tokens.peek().is_word("ON"):
            words.append(_word(tokens))
        found.append(" ".join(words))
        if not tokens.skip_mark(","):
            return tuple(found)


def _word(tokens: Tokens) -> str:
    if tokens.peek().kind != "word":
        raise tokens.unexpected()
    return tokens.take().text.upper()


def _target(tokens: Tokens) -> tuple[str, str, str, tuple[str, ...]]:
    """Scope (ONE, ALL or FUTURE), kind, kind of the container if any, and the name."""
    if tokens.skip("ACCOUNT"):
        return "ONE", "ACCOUNT", "", ()
    scope = next((word for word in ("ALL", "FUTURE") if tokens.skip(word)), "ONE")
    if scope == "ONE":
        kind = "FILE FORMAT" if tokens.skip("FILE", "FORMAT") else _kind(tokens)
        return scope, kind, "", tokens.name()
    plural = "FILE FORMATS" if tokens.skip("FILE", "FORMATS") else _word(tokens)
    kind = "FILE FORMAT" if plural == "FILE FORMATS" else _PLURALS.get(plural, "")
    if not kind:
        raise syntax_error(f"syntax error: unexpected '{plural}'.")
    tokens.expect_words("IN")
    container = "SCHEMA" if tokens.skip("SCHEMA") else "DATABASE"
    if container == "DATABASE":
        tokens.expect_words("DATABASE")
    return scope, kind, container, tokens.name()


def _kind(tokens: Tokens) -> str:
    if tokens.peek().kind == "word" and tokens.peek().text.upper() not in PRIVILEGES:
        raise unsupported(f"privileges on {tokens.peek().text.upper()}")
    return _word(tokens)


class GrantStatements:
    """GRANT and REVOKE of privileges, carried out on the account."""

    def __init__(self, access: Access, instance: WarehouseInstance) -> None:
        self._access = access
        self._grants = access.grants
        self._may = access.authorization
        self._instance = instance

    def run(self, session: Session, text: str) -> Result:
        """Carry out one of them; all privileges on all objects, or none."""
        statement = read_grant(text)
        wanted = _wanted(statement)
        with self._access.file.lock:
            if self._access.roles.role(statement.role) is None:
                raise does_not_exist("Role", statement.role)
            if statement.scope == "FUTURE":
                self._future(session, statement, wanted)
            else:
                keys = self._keys(session, statement)
                for key in keys:
                    self._check(session, key, wanted)
                for key in keys:
                    self._apply(session, statement, key, wanted)
            self._access.file.save()
        return status_result(SUCCESS)

    def _keys(self, session: Session, statement: GrantStatement) -> list[ObjectKey]:
        if statement.scope == "ONE":
            key = object_key(session, statement.kind, statement.name)
            if key.kind == "WAREHOUSE":
                self._access.warehouses.get(key.name[0])
            elif key != ACCOUNT and not self._may.exists(key):
                raise does_not_exist(key.kind.capitalize(), key.full_name)
            return [key]
        container = object_key(session, statement.container, statement.name)
        if not self._may.exists(container) or not self._may.may(session, container):
            raise does_not_exist(container.kind.capitalize(), container.full_name)
        if statement.kind not in _LISTS:
            raise unsupported(f"ALL of {statement.kind}")
        return [
            ObjectKey(_stored(statement.kind), tuple(row))
            for row in self._rows(_LISTS[statement.kind], [container.name[0]])
            if tuple(row[: len(container.name)]) == container.name
        ]

    def _rows(self, query: str, values: list[str]) -> list[tuple[str, ...]]:
        connection: duckdb.DuckDBPyConnection
        with self._instance.duck_conn.cursor() as connection:
            return connection.execute(query, values).fetchall()

    def _check(self, session: Session, key: ObjectKey, wanted: tuple[str, ...]) -> None:
        """Owners, MANAGE GRANTS and those who hold the privilege with its option may grant and revoke it."""
        if self._may.may(session, ACCOUNT, "MANAGE GRANTS"):
            return
        roles = self._may.roles_of(session)
        if key != ACCOUNT and not self._may.may(session, key):
            raise does_not_exist(key.kind.capitalize(), key.full_name)
        if OWNERSHIP in wanted and not self._may.may(session, key, OWNERSHIP):
            raise insufficient(key.kind.lower(), key.name[-1])
        if not all(self._grants.may_grant(key, privilege, roles) for privilege in wanted):
            raise grant_refused()

    def _apply(
        self, session: Session, statement: GrantStatement, key: ObjectKey, wanted: tuple[str, ...]
    ) -> None:
        for privilege in wanted:
            if statement.is_revoke:
                if privilege == OWNERSHIP:
                    raise unsupported("REVOKE OWNERSHIP on an object that exists")
                self._grants.take(key, privilege, statement.role, only_option=statement.only_option)
            elif privilege == OWNERSHIP:
                self._give_ownership(statement, key)
            else:
                self._grants.give(
                    key, privilege, statement.role, session.role, has_option=statement.has_option
                )

    def _give_ownership(self, statement: GrantStatement, key: ObjectKey) -> None:
        """Pass an object on; grants to others must be copied or revoked with it, as it says.

        https://docs.snowflake.com/en/sql-reference/sql/grant-ownership
        """
        others = [grant for grant in self._grants.on(key) if grant.privilege != OWNERSHIP]
        if others and not statement.current_grants:
            raise SqlError(
                3036,
                "42501",
                f"SQL execution error: Dependent grant of privilege '{others[0].privilege}' on securable "
                f"'{key.full_name}' to role '{others[0].role}' exists. It must be revoked first. Say REVOKE "
                "CURRENT GRANTS or COPY CURRENT GRANTS to revoke or keep such grants as the owner changes.",
            )
        self._grants.own(key, statement.role, keeps_grants=statement.current_grants != "REVOKE")

    def _future(self, session: Session, statement: GrantStatement, wanted: tuple[str, ...]) -> None:
        container = object_key(session, statement.container, statement.name)
        if not self._may.exists(container) or not self._may.may(session, container):
            raise does_not_exist(container.kind.capitalize(), container.full_name)
        manages = self._may.may(session, ACCOUNT, "MANAGE GRANTS")
        is_owner = container.kind == "SCHEMA" and self._may.may(session, container, OWNERSHIP)
        if not (manages or is_owner):
            raise insufficient(container.kind.lower(), container.name[-1])
        kind = _stored(statement.kind)
        for privilege in wanted:
            if statement.is_revoke:
                self._grants.take_future(privilege, kind, container, statement.role)
            else:
                created_on = self._access.roles.moment()
                self._grants.give_future(
                    FutureGrant(privilege, kind, container, statement.role, statement.has_option, created_on)
                )


def _wanted(statement: GrantStatement) -> tuple[str, ...]:
    known = PRIVILEGES[statement.kind]
    if statement.privileges is None:
        return known
    for privilege in statement.privileges:
        if privilege not in known and not (privilege == OWNERSHIP and statement.kind != "ACCOUNT"):
            raise syntax_error(f"invalid privilege '{privilege}' for object type '{statement.kind}'.")
    return statement.privileges


def _stored(kind: str) -> str:
    return "TABLE" if kind == "VIEW" else kind


def object_key(session: Session, kind: str, name: tuple[str, ...]) -> ObjectKey:
    """The key of an object that GRANT or SHOW GRANTS names."""
    if kind == "ACCOUNT":
        return ACCOUNT
    if kind in ("WAREHOUSE", "DATABASE", "ROLE", "USER"):
        return ObjectKey(kind, name)
    if kind == "SCHEMA":
        return ObjectKey(kind, name if len(name) == 2 else session.qualify((*name, "X"))[:2])
    return ObjectKey(_stored(kind), session.qualify(name))
