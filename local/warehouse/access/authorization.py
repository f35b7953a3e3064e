"""Says whether a session's roles have what a statement needs, in Snowflake's words when not.

An object that none of the roles has a privilege on is hidden: it "does not exist or not authorized" (002003).
One that is seen and lacks the privilege asked for gives 003001.
https://docs.snowflake.com/en/user-guide/security-access-control-privileges
"""

from __future__ import annotations

from local.warehouse.access.grants import ACCOUNT, Grants, ObjectKey
from local.warehouse.access.needed_privileges import Need
from local.warehouse.access.roles import ADMINISTRATOR, Roles
from local.warehouse.errors import SqlError, does_not_exist
from local.warehouse.instance import WarehouseInstance
from local.warehouse.sessions.sessions import Session

_USAGE = {"USAGE", "OWNERSHIP"}
SYSTEM_PRIVILEGES = {
    "SYSADMIN": {"CREATE DATABASE", "CREATE WAREHOUSE"},
    "SECURITYADMIN": {"MANAGE GRANTS", "CREATE ROLE", "CREATE USER"},
    "USERADMIN": {"CREATE ROLE", "CREATE USER"},
}
_CATALOG = {
    "DATABASE": "SELECT 1 FROM duckdb_databases() WHERE database_name = ?",
    "SCHEMA": "SELECT 1 FROM duckdb_schemas() WHERE database_name = ? AND schema_name = ?",
    "TABLE": "SELECT 1 FROM duckdb_columns() WHERE database_name = ? AND schema_name = ? AND table_name = ?",
    "STAGE": "SELECT 1 FROM _fs_global._fs_information_schema._fs_stages "
    "WHERE database_name = ? AND schema_name = ? AND name = ?",
}


class Authorization:
    """Looks grants up; changes nothing. ACCOUNTADMIN may do everything (deviation)."""

    def __init__(self, instance: WarehouseInstance, roles: Roles, grants: Grants) -> None:
        self._instance = instance
        self._roles = roles
        self._grants = grants

    def roles_of(self, session: Session) -> frozenset[str]:
        """The session's role with all below it, with secondary roles those of its user too."""
        active = self._roles.reach(session.role)
        return active | self._roles.of_user(session.user) if session.has_secondary_roles else active

    def is_administrator(self, session: Session) -> bool:
        """Whether everything is allowed."""
        return session.role == ADMINISTRATOR or ADMINISTRATOR in self.roles_of(session)

    def privileges(self, session: Session, key: ObjectKey) -> set[str]:
        """What the session may do with an object."""
        roles = self.roles_of(session)
        found = self._grants.privileges(key, roles)
        if key == ACCOUNT:
            for role, given in SYSTEM_PRIVILEGES.items():
                found |= given if role in roles else set()
        return found

    def may(self, session: Session, key: ObjectKey, *privileges: str) -> bool:
        """Whether it has one of the privileges, any at all when none is named, or owns the object."""
        if self.is_administrator(session):
            return True
        found = self.privileges(session, key)
        return "OWNERSHIP" in found or bool(found & set(privileges) if privileges else found)

    def commands(self, session: Session, key: ObjectKey) -> bool:
        """Whether it owns the role or user, or may manage all grants."""
        return self.may(session, key, "OWNERSHIP") or self.may(session, ACCOUNT, "MANAGE GRANTS")

    def require(self, session: Session, key: ObjectKey, *privileges: str, shown: str = "") -> None:
        """Fail with 002003 when the object is hidden, with 003001 when it is seen and the privilege lacks.

        `shown` is how the statement names the object, its full name if not given.
        """
        if self.may(session, key, *privileges):
            return
        if key == ACCOUNT:
            raise insufficient("account", "LOCAL")
        if not self.may(session, key):
            raise does_not_exist(_word(key.kind), shown or key.full_name)
        raise insufficient(key.kind.lower(), key.name[-1])

    def check(self, session: Session, needs: list[Need]) -> None:
        """Fail at the first need that is not met."""
        for need in needs:
            self._check(session, need)

    def missing(self, session: Session, needs: list[Need], *, is_definition: bool) -> SqlError | None:
        """The first object of a failed statement that is not there, as the error that Snowflake gives for it."""
        for need in needs:
            if need.kind in ("ACCOUNT", "DATABASE OF") or need.kind.startswith("DROPPED"):
                continue
            if need.kind in ("DATABASE", "SCHEMA"):
                key = ObjectKey(need.kind, _container(session, need.kind, need.name))
            else:
                kind = "SCHEMA" if need.kind == "SCHEMA OF" else need.kind
                full = session.qualify(need.name)
                key = ObjectKey(kind, full[:2] if kind == "SCHEMA" else full)
            for length, kind in ((1, "DATABASE"), (2, "SCHEMA"), (3, key.kind)):
                found = ObjectKey(kind, key.name[:length])
                if length <= len(key.name) and not self.exists(found):
                    word = "Table" if kind == "TABLE" and is_definition else _word(kind)
                    return does_not_exist(word, ".".join(need.name) if length == 3 else found.full_name)
        return None

    def _check(self, session: Session, need: Need) -> None:
        if need.kind == "ACCOUNT":
            self.require(session, ACCOUNT, *need.privileges)
            return
        if need.kind in ("DATABASE", "SCHEMA"):
            key = ObjectKey(need.kind, _container(session, need.kind, need.name))
            self._check_containers(session, key)
            if self.exists(key) or not need.is_tolerant:
                self.require(session, key, *need.privileges)
            return
        if need.kind == "DATABASE OF":
            self.require(
                session,
                ObjectKey("DATABASE", _container(session, "SCHEMA", need.name)[:1]),
                *need.privileges,
            )
            return
        full = session.qualify(need.name)
        if need.kind == "SCHEMA OF":
            key = ObjectKey("SCHEMA", full[:2])
            self._check_containers(session, key)
            self.require(session, key, *need.privileges)
        elif full[1] == "INFORMATION_SCHEMA":
            self.require(session, ObjectKey("DATABASE", full[:1]), "USAGE")
        else:
            self._check_object(session, need, full)

    def _check_object(self, session: Session, need: Need, full: tuple[str, str, str]) -> None:
        key = ObjectKey(need.kind.removeprefix("DROPPED "), full)
        self._check_containers(session, key)
        if need.kind.startswith("DROPPED "):
            if self._grants.dropped_owner(key) not in self.roles_of(session):
                raise does_not_exist(_word(key.kind), key.full_name)
            return
        if not self.exists(key):
            if need.is_tolerant or key.kind not in ("TABLE", "STAGE"):
                return
            raise does_not_exist(_word(key.kind), ".".join(need.name))
        self.require(session, key, *need.privileges, shown=".".join(need.name))

    def _check_containers(self, session: Session, key: ObjectKey) -> None:
        """USAGE on database and schema, without which nothing in them is seen."""
        for length, kind in ((1, "DATABASE"), (2, "SCHEMA")):
            container = ObjectKey(kind, key.name[:length])
            if len(key.name) > length and not self.may(session, container, *_USAGE):
                raise does_not_exist(_word(kind), container.full_name)

    def exists(self, key: ObjectKey) -> bool:
        """Whether the catalog has it; kinds that it is not asked about count as there."""
        if key.kind not in _CATALOG:
            return True
        with self._instance.duck_conn.cursor() as connection:
            return connection.execute(f"{_CATALOG[key.kind]} LIMIT 1", list(key.name)).fetchone() is not None

    def is_hidden(self, session: Session, key: ObjectKey) -> bool:
        """Whether SHOW leaves an object out: no privilege on it, or none on what it lies in."""
        names = ((1, "DATABASE"), (2, "SCHEMA"))
        inside = [ObjectKey(kind, key.name[:length]) for length, kind in names if len(key.name) > length]
        return not all(self.may(session, found) for found in (*inside, key))


def insufficient(kind: str, name: str) -> SqlError:
    """A privilege that the role lacks on an object that it sees."""
    return SqlError(
        3001, "42501", f"SQL access control error:\nInsufficient privileges to operate on {kind} '{name}'"
    )


def _word(kind: str) -> str:
    return "Object" if kind == "TABLE" else kind.capitalize()


def _container(session: Session, kind: str, name: tuple[str, ...]) -> tuple[str, ...]:
    """The full name of a database or of a schema; `name` of the latter may leave the database out."""
    if kind == "DATABASE":
        return name[:1]
    parts = name if len(name) == 2 else (session.database or "", *name)
    if parts[-1] == "":
        return session.qualify((*name[:-1], "X"))[:2]
    if not parts[0]:
        return session.qualify((name[0], "X"))[:2]
    return parts
