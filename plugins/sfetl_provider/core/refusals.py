"""What Snowflake's refusals of a statement mean to who must remove their cause: the missing GRANT, the warehouse.

Codes are those of Snowflake's documentation and of its users' reports; texts are read only for the names in them.
Sources: docs.snowflake.com/en/user-guide/security-access-control-privileges, …/user-guide/resource-monitors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sfetl_provider.core.errors import (
    ComputeUnavailableError,
    ObjectMissingError,
    PrivilegeMissingError,
    StatementError,
)

_MISSING_PRIVILEGE = 3001
_MISSING_OBJECT = (2003, 2043)
_NO_WAREHOUSE = 606
_SUSPENDED = 608
_QUOTA_EXCEEDED = 90073
_ROLE = "<role of the connection>"

_TOLD = re.compile(
    r"role (?P<role>\S+) must have (?P<privilege>[A-Z ]+) granted on (?P<kind>[A-Z ]+?) (?P<name>\S+)"
)
_OPERATE = re.compile(r"operate on (?P<kind>[a-z ]+) '(?P<name>[^']+)'", re.IGNORECASE)
_OBJECT = re.compile(r"(?P<kind>[A-Z][a-z]+) '(?P<name>[^']+)' does not exist")
_WAREHOUSE = re.compile(r"Warehouse '(?P<name>[^']+)'")
_MONITOR = re.compile(r"resource monitor '?(?P<name>[^' ]+)'?")
# By the verb of the statement: what it needs of a table, a stage, and what it makes in a schema or database.
_OF_TABLE: Mapping[str, str] = {
    "SELECT": "SELECT",
    "DESCRIBE": "SELECT",
    "COPY": "INSERT",
    "INSERT": "INSERT",
    "DELETE": "DELETE",
    "UPDATE": "UPDATE",
    "TRUNCATE": "TRUNCATE",
    "MERGE": "SELECT, INSERT, UPDATE",
    "CREATE": "SELECT",
}
_OF_STAGE: Mapping[str, str] = {"PUT": "READ, WRITE", "REMOVE": "READ, WRITE"}
_MADE = re.compile(r"CREATE (?:OR REPLACE )?(?:TRANSIENT )?(?P<kind>TABLE|STAGE|SCHEMA)\b", re.IGNORECASE)


def next_step_of(code: int, message: str, statement: str = "") -> str:
    """Say what to do about a refused statement, '' where its code tells nothing that can be done."""
    if code == _MISSING_PRIVILEGE:
        return f"Let a role that may do so run {_grant(message, statement)}"
    if code in _MISSING_OBJECT:
        return _about_object(message, statement)
    return _about_warehouse(code, message)


def cause_of(message: str) -> str:
    """Give a message's first line, and the second where the first is a heading, as "SQL compilation error:"."""
    lines = message.strip().splitlines()
    return " ".join(lines[: 2 if lines and lines[0].endswith("error:") else 1])


def refusal(code: int) -> type[StatementError]:
    """Give the type of error for a code."""
    if code == _MISSING_PRIVILEGE:
        return PrivilegeMissingError
    if code in _MISSING_OBJECT:
        return ObjectMissingError
    is_compute = code in (_NO_WAREHOUSE, _SUSPENDED, _QUOTA_EXCEEDED)
    return ComputeUnavailableError if is_compute else StatementError


def _grant(message: str, statement: str) -> str:
    """Newer versions of Snowflake name role and privilege; else these follow from statement and object."""
    if told := _TOLD.search(message):
        name = told["name"].rstrip(".")
        return f"GRANT {told['privilege']} ON {told['kind']} {name} TO ROLE {told['role']};"
    found = _OPERATE.search(message)
    if found is None:
        return f"GRANT … TO ROLE {_ROLE}; with what the message says is missing."
    kind, name = found["kind"].upper(), _full_name(found["name"], statement)
    return f"GRANT {_privilege(kind, statement)} ON {kind} {name} TO ROLE {_ROLE};"


def _privilege(kind: str, statement: str) -> str:
    verb = statement.split(maxsplit=1)[0].upper() if statement.strip() else ""
    if kind in ("TABLE", "OBJECT", "VIEW"):
        return _OF_TABLE.get(verb, "OWNERSHIP")
    if kind == "STAGE":
        return _OF_STAGE.get(verb, "READ")
    if kind == "WAREHOUSE" and verb == "ALTER":
        return "MODIFY" if " SET " in statement else "OPERATE"
    made = _MADE.match(statement.strip())
    is_inside = made and kind in ("SCHEMA", "DATABASE")
    return f"CREATE {made['kind'].upper()}" if made and is_inside else "USAGE"


def _about_object(message: str, statement: str) -> str:
    found = _OBJECT.search(message)
    if found is None:
        return "Create what is missing, or let the connection's role see it (GRANT USAGE)."
    kind = "TABLE" if found["kind"] == "Object" else found["kind"].upper()
    name = _full_name(found["name"], statement)
    inside = "" if kind in ("DATABASE", "WAREHOUSE") else " (and USAGE on its database and schema)"
    grant = f"GRANT {_privilege(kind, statement)} ON {kind} {name} TO ROLE {_ROLE};"
    return f"Create it, or if it is there let the role see it: {grant}{inside}"


def _about_warehouse(code: int, message: str) -> str:
    found = _WAREHOUSE.search(message)
    name = found["name"] if found else "<warehouse>"
    if code == _NO_WAREHOUSE:
        return (
            "Name a warehouse that exists in the connection's field Warehouse, and let its role use it: "
            f"GRANT USAGE ON WAREHOUSE <warehouse> TO ROLE {_ROLE};"
        )
    if code == _SUSPENDED:
        return f"ALTER WAREHOUSE {name} RESUME; or for good: ALTER WAREHOUSE {name} SET AUTO_RESUME = TRUE;"
    if code == _QUOTA_EXCEEDED:
        monitor = _MONITOR.search(message)
        of = monitor["name"] if monitor else "<resource monitor>"
        return (
            f"Wait until the quota of resource monitor {of} begins anew, have it raised "
            f"(ALTER RESOURCE MONITOR {of} SET CREDIT_QUOTA = …), or name another warehouse in the connection."
        )
    return ""


def _full_name(name: str, statement: str) -> str:
    """Give the full name by which a statement calls an object, as messages may say its last part only."""
    last = re.escape(name.split(".")[-1].strip('"'))
    found = re.search(rf'(?:"(?:[^"]|"")+"\.)*"{last}"', statement)
    return found[0] if found else name
