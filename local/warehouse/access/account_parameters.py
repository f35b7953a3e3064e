"""Parameters of the account and of users: defaults of the sessions that are opened from then on.

https://docs.snowflake.com/en/sql-reference/parameters#parameter-hierarchy-and-types
"""

from __future__ import annotations

from typing import Any

from local.warehouse.access.account_file import AccountFile
from local.warehouse.access.show_pattern import is_like
from local.warehouse.results import Result, table_result
from local.warehouse.sessions.session_parameters import DEFAULTS, SessionParameters

_COLUMNS = ("key", "value", "default", "level", "description", "type")
_OF_WAREHOUSES = {
    "MAX_CONCURRENCY_LEVEL": "8",
    "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS": "0",
    "STATEMENT_TIMEOUT_IN_SECONDS": "172800",
}
ACCOUNT = ""


class AccountParameters:
    """Values by level: the account's, and those of each user that has some."""

    def __init__(self, file: AccountFile) -> None:
        kept = file.part("parameters", self._state)
        self._values: dict[str, dict[str, str]] = {user: dict(values) for user, values in kept.items()}

    def _state(self) -> dict[str, Any]:
        return self._values

    def set(self, user: str, name: str, value: str) -> None:
        """Set one for the account (`user` empty) or a user; raises SqlError as ALTER SESSION does."""
        SessionParameters({}).set(name, value)
        self._values.setdefault(user, {})[name.upper()] = value

    def unset(self, user: str, name: str) -> None:
        """Back to what holds without it."""
        SessionParameters({}).unset(name)
        self._values.get(user, {}).pop(name.upper(), None)

    def of_user(self, user: str) -> dict[str, str]:
        """What a new session of a user starts with."""
        return {**self._values.get(ACCOUNT, {}), **self._values.get(user, {})}

    def show(self, user: str, pattern: str) -> Result:
        """Rows of SHOW PARAMETERS IN ACCOUNT (`user` empty) or IN USER."""
        rows = []
        for name in sorted(DEFAULTS):
            if is_like(name, pattern):
                value, level = self._level(user, name)
                default = DEFAULTS[name]
                rows.append([name, value, default, level, "", _type_of(default)])
        return table_result(dict.fromkeys(_COLUMNS, "VARCHAR"), rows)

    def show_warehouse(self, pattern: str) -> Result:
        """Rows of SHOW PARAMETERS IN WAREHOUSE; no warehouse has values of its own here."""
        rows = []
        for name, default in _OF_WAREHOUSES.items():
            if is_like(name, pattern):
                value, level = self._level(ACCOUNT, name) if name in DEFAULTS else (default, "")
                rows.append([name, value, default, level, "", "NUMBER"])
        return table_result(dict.fromkeys(_COLUMNS, "VARCHAR"), rows)

    def _level(self, user: str, name: str) -> tuple[str, str]:
        for level, holder in (("USER", user), ("ACCOUNT", ACCOUNT)):
            if (holder or level == "ACCOUNT") and name in self._values.get(holder, {}):
                return self._values[holder][name], level
        return DEFAULTS[name], ""


def _type_of(default: str) -> str:
    if default in ("true", "false"):
        return "BOOLEAN"
    return "NUMBER" if default.isdigit() else "STRING"
