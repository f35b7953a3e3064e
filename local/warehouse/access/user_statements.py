"""CREATE, ALTER, DROP and SHOW of users, and ALTER ACCOUNT.

https://docs.snowflake.com/en/sql-reference/commands-user-role
"""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

from fakesnow.statement_type import DDL

from local.warehouse.access.access import Access
from local.warehouse.access.account_parameters import ACCOUNT as ACCOUNT_LEVEL
from local.warehouse.access.authorization import insufficient
from local.warehouse.access.grants import ACCOUNT, ObjectKey
from local.warehouse.access.role_statements import single_name, there_already
from local.warehouse.access.roles import PUBLIC, User
from local.warehouse.access.show_pattern import Filters
from local.warehouse.errors import does_not_exist
from local.warehouse.results import SUCCESS, Result, status_result, table_result
from local.warehouse.sessions.session_parameters import DEFAULTS
from local.warehouse.sessions.sessions import Session
from local.warehouse.statements.object_properties import invalid_property, read_names, read_properties
from local.warehouse.tokens import Tokens

_TEXT, _TIME = "VARCHAR", "TIMESTAMP WITH TIME ZONE"
_USER_COLUMNS = {
    "name": _TEXT,
    "created_on": _TIME,
    "login_name": _TEXT,
    "comment": _TEXT,
    "disabled": _TEXT,
    "default_warehouse": _TEXT,
    "default_namespace": _TEXT,
    "default_role": _TEXT,
    "owner": _TEXT,
}
_USER_FIELDS = {
    "DEFAULT_ROLE": "default_role",
    "DEFAULT_WAREHOUSE": "default_warehouse",
    "DEFAULT_NAMESPACE": "default_namespace",
    "COMMENT": "comment",
}
_USER_IGNORED = {
    "PASSWORD",
    "LOGIN_NAME",
    "DISPLAY_NAME",
    "FIRST_NAME",
    "LAST_NAME",
    "EMAIL",
    "MUST_CHANGE_PASSWORD",
    "RSA_PUBLIC_KEY",
    "TYPE",
    "DISABLED",
}


class UserStatements:
    """Statements about users, carried out on the account."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._roles = access.roles
        self._grants = access.grants
        self._may = access.authorization

    def run(self, session: Session, text: str) -> Result:
        """Carry out one of them."""
        tokens = Tokens(text)
        with self._access.file.lock:
            if tokens.skip("SHOW", "USERS"):
                return self._show_users(session, tokens)
            result = self._change(session, tokens)
            self._access.file.save()
            return result

    def _change(self, session: Session, tokens: Tokens) -> Result:
        for words, handler in (
            (("DROP", "USER"), self._drop_user),
            (("ALTER", "USER"), self._alter_user),
            (("ALTER", "ACCOUNT"), self._alter_account),
        ):
            if tokens.skip(*words):
                return handler(session, tokens)
        tokens.expect_words("CREATE")
        is_replacing = tokens.skip("OR", "REPLACE")
        tokens.expect_words("USER")
        return self._create_user(session, tokens, is_replacing=is_replacing)

    def _create_user(self, session: Session, tokens: Tokens, *, is_replacing: bool) -> Result:
        is_tolerant = tokens.skip("IF", "NOT", "EXISTS")
        name = single_name(tokens)
        properties = read_properties(tokens)
        self._may.require(session, ACCOUNT, "CREATE USER")
        if self._roles.user(name) is not None and not is_replacing:
            return there_already(name, is_tolerant=is_tolerant)
        self._roles.drop_user(name)
        plain = User(name, PUBLIC, "", "", "", self._roles.moment())
        self._roles.put_user(_changed_user(plain, properties))
        self._grants.own(ObjectKey("USER", (name,)), session.role)
        return status_result(f"User {name} successfully created.", DDL)

    def _drop_user(self, session: Session, tokens: Tokens) -> Result:
        is_tolerant = tokens.skip("IF", "EXISTS")
        name = single_name(tokens)
        tokens.expect_end()
        if is_tolerant and self._roles.user(name) is None:
            return status_result(f"Drop statement executed successfully ({name} already dropped).", DDL)
        self._known_user(session, name)
        self._roles.drop_user(name)
        self._grants.forget(ObjectKey("USER", (name,)))
        return status_result(f"{name} successfully dropped.", DDL)

    def _known_user(self, session: Session, name: str) -> User:
        user = self._roles.user(name)
        if user is None:
            raise does_not_exist("User", name)
        if not self._may.commands(session, ObjectKey("USER", (name,))):
            raise insufficient("user", name)
        return user

    def _alter_user(self, session: Session, tokens: Tokens) -> Result:
        is_tolerant = tokens.skip("IF", "EXISTS")
        name = single_name(tokens)
        if is_tolerant and self._roles.user(name) is None:
            return status_result(SUCCESS, DDL)
        user = self._known_user(session, name)
        if tokens.skip("UNSET"):
            for parameter in read_names(tokens):
                if parameter in _USER_FIELDS:
                    self._roles.put_user(_changed_user(user, {parameter: ""}))
                else:
                    self._access.parameters.unset(name, parameter)
            return status_result(SUCCESS, DDL)
        tokens.expect_words("SET")
        properties = read_properties(tokens)
        parameters = {key: value for key, value in properties.items() if key in DEFAULTS}
        user = _changed_user(user, {k: v for k, v in properties.items() if k not in parameters})
        for key, value in parameters.items():
            self._access.parameters.set(name, key, _value(value))
        self._roles.put_user(user)
        return status_result(SUCCESS, DDL)

    def _alter_account(self, session: Session, tokens: Tokens) -> Result:
        if not self._may.is_administrator(session):
            raise insufficient("account", "LOCAL")
        if tokens.skip("UNSET"):
            for parameter in read_names(tokens):
                self._access.parameters.unset(ACCOUNT_LEVEL, parameter)
        else:
            tokens.expect_words("SET")
            for key, value in read_properties(tokens).items():
                self._access.parameters.set(ACCOUNT_LEVEL, key, _value(value))
        return status_result(SUCCESS, DDL)

    def _show_users(self, session: Session, tokens: Tokens) -> Result:
        filters = Filters()
        filters.read_like(tokens)
        filters.read_rest(tokens)
        rows = [
            [
                user.name,
                datetime.datetime.fromisoformat(user.created_on),
                user.name,
                user.comment,
                "false",
                user.default_warehouse,
                user.default_namespace,
                user.default_role,
                self._grants.owner(ObjectKey("USER", (user.name,))),
            ]
            for user in self._roles.users()
            if self._may.commands(session, ObjectKey("USER", (user.name,))) or user.name == session.user
        ]
        return table_result(_USER_COLUMNS, filters.chosen(rows, 0))


def _value(text: str) -> str:
    return text.lower() if text.upper() in ("TRUE", "FALSE") else text


def _changed_user(user: User, properties: dict[str, str]) -> User:
    """The user with what the statement sets; passwords and names of people mean nothing here."""
    changes: dict[str, Any] = {}
    for name, value in properties.items():
        if name in _USER_FIELDS:
            is_text = name in ("COMMENT", "DEFAULT_NAMESPACE")
            changes[_USER_FIELDS[name]] = value if is_text else value.upper()
        elif name == "DEFAULT_SECONDARY_ROLES":
            changes["has_secondary_roles"] = "ALL" in value.upper()
        elif name not in _USER_IGNORED:
            raise invalid_property(name, "USER")
    return dataclasses.replace(user, **changes)
