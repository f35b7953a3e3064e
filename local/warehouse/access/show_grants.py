"""SHOW GRANTS in its forms, and SHOW FUTURE GRANTS.

https://docs.snowflake.com/en/sql-reference/sql/show-grants
"""

from __future__ import annotations

import datetime
from typing import Any

from local.warehouse.access.access import Access
from local.warehouse.access.authorization import SYSTEM_PRIVILEGES
from local.warehouse.access.grant_statements import object_key
from local.warehouse.access.grants import ACCOUNT, FutureGrant, Grant, ObjectKey
from local.warehouse.access.roles import Membership
from local.warehouse.errors import does_not_exist
from local.warehouse.results import Result, table_result
from local.warehouse.sessions.sessions import Session
from local.warehouse.tokens import Tokens

_TEXT, _TIME = "VARCHAR", "TIMESTAMP WITH TIME ZONE"
_COLUMNS = {
    "created_on": _TIME,
    "privilege": _TEXT,
    "granted_on": _TEXT,
    "name": _TEXT,
    "granted_to": _TEXT,
    "grantee_name": _TEXT,
    "grant_option": _TEXT,
    "granted_by": _TEXT,
}
_MEMBER_COLUMNS = {
    "created_on": _TIME,
    "role": _TEXT,
    "granted_to": _TEXT,
    "grantee_name": _TEXT,
    "granted_by": _TEXT,
}
_FUTURE_COLUMNS = {
    "created_on": _TIME,
    "privilege": _TEXT,
    "grant_on": _TEXT,
    "name": _TEXT,
    "grant_to": _TEXT,
    "grantee_name": _TEXT,
    "grant_option": _TEXT,
}
_FIRST = datetime.datetime.fromtimestamp(0, datetime.UTC)


class ShowGrants:
    """Answers what is granted; changes nothing."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._roles = access.roles
        self._grants = access.grants

    def run(self, session: Session, text: str) -> Result:
        """SHOW GRANTS [ON … | TO ROLE r | TO USER u | OF ROLE r] and SHOW FUTURE GRANTS IN … | TO ROLE r."""
        tokens = Tokens(text)
        tokens.expect_words("SHOW")
        is_future = tokens.skip("FUTURE")
        tokens.expect_words("GRANTS")
        with self._access.file.lock:
            if is_future:
                return self._future(session, tokens)
            if tokens.skip("ON"):
                return self._on(session, tokens)
            if tokens.skip("OF"):
                return self._of(tokens)
            if tokens.skip("TO", "ROLE"):
                return self._to_role(tokens)
            if tokens.skip("TO"):
                tokens.skip("USER")
                name = tokens.name()[0]
            else:
                name = session.user
            tokens.expect_end()
            return self._to_user(name)

    def _on(self, session: Session, tokens: Tokens) -> Result:
        if tokens.skip("ACCOUNT"):
            key = ACCOUNT
        else:
            kind = "FILE FORMAT" if tokens.skip("FILE", "FORMAT") else tokens.take().text.upper()
            key = object_key(session, kind, tokens.name())
            self._check_seen(session, key)
        tokens.expect_end()
        return table_result(_COLUMNS, [_row(grant) for grant in self._grants.on(key)])

    def _check_seen(self, session: Session, key: ObjectKey) -> None:
        if key.kind == "WAREHOUSE":
            is_there = self._access.warehouses.find(key.name[0]) is not None
        elif key.kind in ("ROLE", "USER"):
            holder = self._roles.role if key.kind == "ROLE" else self._roles.user
            is_there = holder(key.name[0]) is not None
        else:
            is_there = self._access.authorization.exists(key)
        if not is_there or not self._access.authorization.may(session, key):
            raise does_not_exist(key.kind.capitalize(), key.full_name)

    def _of(self, tokens: Tokens) -> Result:
        tokens.skip("ROLE")
        name = self._known_role(tokens)
        members = [_member_row(member) for member in self._roles.memberships() if member.role == name]
        return table_result(_MEMBER_COLUMNS, members)

    def _known_role(self, tokens: Tokens) -> str:
        name = tokens.name()[0]
        tokens.expect_end()
        if self._roles.role(name) is None:
            raise does_not_exist("Role", name)
        return name

    def _to_role(self, tokens: Tokens) -> Result:
        """What is granted to a role: privileges, and roles as USAGE on them."""
        name = self._known_role(tokens)
        rows = [
            [_FIRST, privilege, "ACCOUNT", "LOCAL", "ROLE", name, "false", ""]
            for privilege in sorted(SYSTEM_PRIVILEGES.get(name, ()))
        ]
        rows += [_row(grant) for grant in self._grants.to(name)]
        rows += [
            [_moment(m.created_on), "USAGE", "ROLE", m.role, "ROLE", name, "false", m.granted_by]
            for m in self._roles.memberships()
            if (m.kind, m.grantee) == ("ROLE", name)
        ]
        return table_result(_COLUMNS, rows)

    def _to_user(self, name: str) -> Result:
        if self._roles.user(name) is None:
            raise does_not_exist("User", name)
        members = [m for m in self._roles.memberships() if (m.kind, m.grantee) == ("USER", name)]
        return table_result(_MEMBER_COLUMNS, [_member_row(member) for member in members])

    def _future(self, session: Session, tokens: Tokens) -> Result:
        if tokens.skip("TO", "ROLE"):
            found = self._grants.future_to(self._known_role(tokens))
        else:
            tokens.expect_words("IN")
            kind = "SCHEMA" if tokens.skip("SCHEMA") else "DATABASE"
            if kind == "DATABASE":
                tokens.expect_words("DATABASE")
            key = object_key(session, kind, tokens.name())
            tokens.expect_end()
            self._check_seen(session, key)
            found = self._grants.future(key)
        return table_result(_FUTURE_COLUMNS, [_future_row(grant) for grant in found])


def _row(grant: Grant) -> list[Any]:
    name = grant.key.full_name or "LOCAL"
    option = str(grant.has_option).lower()
    made = _moment(grant.created_on)
    return [made, grant.privilege, grant.key.kind, name, "ROLE", grant.role, option, grant.granted_by]


def _future_row(grant: FutureGrant) -> list[Any]:
    name = f"{grant.container.full_name}.<{grant.kind}>"
    option = str(grant.has_option).lower()
    return [_moment(grant.created_on), grant.privilege, grant.kind, name, "ROLE", grant.role, option]


def _member_row(member: Membership) -> list[Any]:
    return [_moment(member.created_on), member.role, member.kind, member.grantee, member.granted_by]


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)
