"""CREATE, ALTER, DROP and SHOW of roles, USE ROLE, USE SECONDARY ROLES, GRANT and REVOKE ROLE.

https://docs.snowflake.com/en/sql-reference/commands-user-role
"""

from __future__ import annotations

import datetime
from typing import Any

from fakesnow.statement_type import DDL

from local.warehouse.access.access import Access
from local.warehouse.access.authorization import insufficient
from local.warehouse.access.grants import ACCOUNT, ObjectKey
from local.warehouse.access.roles import PUBLIC, SYSTEM_ROLES
from local.warehouse.access.show_pattern import Filters
from local.warehouse.errors import SqlError, cannot_use, does_not_exist
from local.warehouse.results import SUCCESS, Result, status_result, table_result
from local.warehouse.sessions.sessions import Session
from local.warehouse.statements.object_properties import invalid_property, read_properties
from local.warehouse.tokens import Tokens

_TEXT, _COUNT, _TIME = "VARCHAR", "BIGINT", "TIMESTAMP WITH TIME ZONE"
_ROLE_COLUMNS = {
    "created_on": _TIME,
    "name": _TEXT,
    "is_default": _TEXT,
    "is_current": _TEXT,
    "is_inherited": _TEXT,
    "assigned_to_users": _COUNT,
    "granted_to_roles": _COUNT,
    "granted_roles": _COUNT,
    "owner": _TEXT,
    "comment": _TEXT,
}


class RoleStatements:
    """Statements about roles, carried out on the account."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._roles = access.roles
        self._grants = access.grants
        self._may = access.authorization

    def run(self, session: Session, text: str) -> Result:
        """Carry out one of them."""
        tokens = Tokens(text)
        with self._access.file.lock:
            for words, handler in (
                (("USE", "ROLE"), self._use),
                (("USE", "SECONDARY", "ROLES"), self._use_secondary),
                (("SHOW", "ROLES"), self._show_roles),
            ):
                if tokens.skip(*words):
                    return handler(session, tokens)
            result = self._change(session, tokens)
            self._access.file.save()
            return result

    def _change(self, session: Session, tokens: Tokens) -> Result:
        for words, handler in (
            (("DROP", "ROLE"), self._drop_role),
            (("ALTER", "ROLE"), self._alter_role),
            (("GRANT", "ROLE"), self._grant),
            (("REVOKE", "ROLE"), self._revoke),
        ):
            if tokens.skip(*words):
                return handler(session, tokens)
        tokens.expect_words("CREATE")
        is_replacing = tokens.skip("OR", "REPLACE")
        tokens.expect_words("ROLE")
        return self._create_role(session, tokens, is_replacing=is_replacing)

    def _create_role(self, session: Session, tokens: Tokens, *, is_replacing: bool) -> Result:
        is_tolerant = tokens.skip("IF", "NOT", "EXISTS")
        name = single_name(tokens)
        properties = read_properties(tokens)
        _refuse_others(properties, {"COMMENT"}, "ROLE")
        self._may.require(session, ACCOUNT, "CREATE ROLE")
        if self._roles.role(name) is not None and (name in SYSTEM_ROLES or not is_replacing):
            return there_already(name, is_tolerant=is_tolerant)
        if self._roles.role(name) is not None:
            self._grants.forget_role(name, session.role)
        self._roles.create(name, properties.get("COMMENT", ""))
        self._grants.own(ObjectKey("ROLE", (name,)), session.role)
        return status_result(f"Role {name} successfully created.", DDL)

    def _owned_role(self, session: Session, name: str) -> None:
        if self._roles.role(name) is None:
            raise does_not_exist("Role", name)
        if name in SYSTEM_ROLES or not self._may.commands(session, ObjectKey("ROLE", (name,))):
            raise insufficient("role", name)

    def _drop_role(self, session: Session, tokens: Tokens) -> Result:
        is_tolerant = tokens.skip("IF", "EXISTS")
        name = single_name(tokens)
        tokens.expect_end()
        if is_tolerant and self._roles.role(name) is None:
            return status_result(f"Drop statement executed successfully ({name} already dropped).", DDL)
        self._owned_role(session, name)
        self._roles.drop(name)
        self._grants.forget(ObjectKey("ROLE", (name,)))
        self._grants.forget_role(name, session.role)
        return status_result(f"{name} successfully dropped.", DDL)

    def _alter_role(self, session: Session, tokens: Tokens) -> Result:
        tokens.skip("IF", "EXISTS")
        name = single_name(tokens)
        tokens.expect_words("SET")
        properties = read_properties(tokens)
        _refuse_others(properties, {"COMMENT"}, "ROLE")
        self._owned_role(session, name)
        self._roles.comment(name, properties.get("COMMENT", ""))
        return status_result(SUCCESS, DDL)

    def _grant(self, session: Session, tokens: Tokens) -> Result:
        role, kind, grantee = self._membership(tokens, "TO")
        if role != PUBLIC and not self._may.commands(session, ObjectKey("ROLE", (role,))):
            raise grant_refused()
        if kind == "ROLE" and grantee in self._roles.reach(role) - {PUBLIC}:
            raise _circle(role, grantee)
        self._roles.grant(role, kind, grantee, session.role)
        return status_result(SUCCESS, DDL)

    def _revoke(self, session: Session, tokens: Tokens) -> Result:
        role, kind, grantee = self._membership(tokens, "FROM")
        if not self._may.commands(session, ObjectKey("ROLE", (role,))):
            raise grant_refused()
        self._roles.revoke(role, kind, grantee)
        return status_result(SUCCESS, DDL)

    def _membership(self, tokens: Tokens, word: str) -> tuple[str, str, str]:
        role = single_name(tokens)
        tokens.expect_words(word)
        kind = "USER" if tokens.skip("USER") else "ROLE"
        if kind == "ROLE":
            tokens.expect_words("ROLE")
        grantee = single_name(tokens)
        tokens.expect_end()
        if self._roles.role(role) is None:
            raise does_not_exist("Role", role)
        if (self._roles.role(grantee) if kind == "ROLE" else self._roles.user(grantee)) is None:
            raise does_not_exist(kind.capitalize(), grantee)
        return role, kind, grantee

    def _use(self, session: Session, tokens: Tokens) -> Result:
        name = single_name(tokens)
        tokens.expect_end()
        if self._roles.role(name) is None:
            raise cannot_use()
        if name not in self._roles.of_user(session.user):
            raise SqlError(
                3013,
                "42501",
                f"SQL access control error:\nRequested role '{name}' is not assigned to the executing user. "
                "Specify another role to activate.",
            )
        session.role = name
        return status_result(SUCCESS)

    def _use_secondary(self, session: Session, tokens: Tokens) -> Result:
        """ALL or NONE; naming single roles is not known here."""
        is_all = tokens.skip("ALL")
        if not is_all:
            tokens.expect_words("NONE")
        tokens.expect_end()
        session.has_secondary_roles = is_all
        return status_result(SUCCESS)

    def _show_roles(self, session: Session, tokens: Tokens) -> Result:
        filters = Filters()
        filters.read_like(tokens)
        filters.read_rest(tokens)
        rows = [self._role_row(session, role.name) for role in self._roles.all()]
        return table_result(_ROLE_COLUMNS, filters.chosen(rows, 1))

    def _role_row(self, session: Session, name: str) -> list[Any]:
        role, user = self._roles.role(name), self._roles.user(session.user)
        members = self._roles.memberships()
        is_inherited = name != session.role and name in self._roles.reach(session.role)
        return [
            datetime.datetime.fromisoformat(role.created_on if role else ""),
            name,
            _yes(user is not None and user.default_role == name),
            _yes(session.role == name),
            _yes(is_inherited),
            sum(m.role == name and m.kind == "USER" for m in members),
            sum(m.role == name and m.kind == "ROLE" for m in members),
            sum(m.grantee == name and m.kind == "ROLE" for m in members),
            "" if name in SYSTEM_ROLES else self._grants.owner(ObjectKey("ROLE", (name,))),
            role.comment if role else "",
        ]


def grant_refused() -> SqlError:
    """A grant that the role may not give."""
    return SqlError(3102, "42501", "Grant not executed: Insufficient privileges.")


def _circle(role: str, grantee: str) -> SqlError:
    return SqlError(
        3023,
        "42501",
        f"SQL execution error: Cannot grant role '{role}' to role '{grantee}': roles may not form a circle.",
    )


def single_name(tokens: Tokens) -> str:
    """The name of an object of the account, which has one part."""
    parts = tokens.name()
    if len(parts) != 1:
        raise tokens.unexpected()
    return parts[0]


def _yes(is_so: bool) -> str:
    return "Y" if is_so else "N"


def _refuse_others(properties: dict[str, str], known: set[str], kind: str) -> None:
    for name in properties:
        if name not in known:
            raise invalid_property(name, kind)


def there_already(name: str, *, is_tolerant: bool) -> Result:
    """What CREATE says of a name that is taken; raises SqlError 002002 unless IF NOT EXISTS was said."""
    if is_tolerant:
        return status_result(f"{name} already exists, statement succeeded.", DDL)
    raise SqlError(2002, "42710", f"SQL compilation error:\nObject '{name}' already exists.")
