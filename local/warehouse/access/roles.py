"""The roles and users of the account, and which role stands above which.

https://docs.snowflake.com/en/user-guide/security-access-control-overview#roles
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.warehouse.access.account_file import AccountFile

ADMINISTRATOR = "ACCOUNTADMIN"
PUBLIC = "PUBLIC"
SYSTEM_ROLES = {
    ADMINISTRATOR: "Account administrator can manage all aspects of the account.",
    PUBLIC: "Public role is automatically available to every user in the account.",
    "SECURITYADMIN": "Security administrator can manage security aspects of the account.",
    "SYSADMIN": "System administrator can create and manage databases and warehouses.",
    "USERADMIN": "User administrator can create and manage users and roles",
}
_HIERARCHY = (
    ("SYSADMIN", ADMINISTRATOR),
    ("SECURITYADMIN", ADMINISTRATOR),
    ("USERADMIN", "SECURITYADMIN"),
)


@dataclass(frozen=True)
class Role:
    """A role; `created_on` is an ISO time."""

    name: str
    comment: str
    created_on: str


@dataclass(frozen=True)
class User:
    """A user. One that CREATE USER made has only the roles granted to it; others came by logging in."""

    name: str
    default_role: str
    default_warehouse: str
    default_namespace: str
    comment: str
    created_on: str
    has_secondary_roles: bool = False


@dataclass(frozen=True)
class Membership:
    """A role granted to a role or a user; `kind` is ROLE or USER."""

    role: str
    kind: str
    grantee: str
    granted_by: str
    created_on: str


class Roles:
    """Roles, users and memberships; used under the lock of the account's file."""

    def __init__(self, file: AccountFile, now: Callable[[], datetime.datetime]) -> None:
        self._now = now
        self._roles: dict[str, Role] = {}
        self._users: dict[str, User] = {}
        self._memberships: dict[tuple[str, str, str], Membership] = {}
        kept = file.part("roles", self._state)
        for name, comment in SYSTEM_ROLES.items():
            self._roles[name] = Role(
                name, comment, datetime.datetime.fromtimestamp(0, datetime.UTC).isoformat()
            )
        for role, parent in _HIERARCHY:
            self.grant(role, "ROLE", parent, "")
        for fields in kept.get("roles", []):
            self._roles[fields["name"]] = Role(**fields)
        for fields in kept.get("users", []):
            self._users[fields["name"]] = User(**fields)
        for fields in kept.get("memberships", []):
            member = Membership(**fields)
            self._memberships[member.role, member.kind, member.grantee] = member

    def _state(self) -> dict[str, Any]:
        return {
            "roles": [dataclasses.asdict(r) for r in self._roles.values() if r.name not in SYSTEM_ROLES],
            "users": [dataclasses.asdict(user) for user in self._users.values()],
            "memberships": [dataclasses.asdict(member) for member in self._memberships.values()],
        }

    def moment(self) -> str:
        """Now, by the warehouse's clock."""
        return self._now().isoformat()

    def role(self, name: str) -> Role | None:
        """A role by its name."""
        return self._roles.get(name)

    def all(self) -> list[Role]:
        """All roles by name."""
        return [self._roles[name] for name in sorted(self._roles)]

    def create(self, name: str, comment: str) -> None:
        """Make a role, or make it anew without its members."""
        self.drop(name)
        self._roles[name] = Role(name, comment, self.moment())

    def comment(self, name: str, text: str) -> None:
        """Change what is said of a role."""
        self._roles[name] = dataclasses.replace(self._roles[name], comment=text)

    def drop(self, name: str) -> None:
        """Forget a role and who has it."""
        self._roles.pop(name, None)
        self._memberships = {
            key: member
            for key, member in self._memberships.items()
            if name != member.role and (member.kind, member.grantee) != ("ROLE", name)
        }

    def grant(self, role: str, kind: str, grantee: str, by: str) -> None:
        """Give a role to a role or a user."""
        self._memberships.setdefault(
            (role, kind, grantee), Membership(role, kind, grantee, by, self.moment())
        )

    def revoke(self, role: str, kind: str, grantee: str) -> bool:
        """Take it back; says whether it had it."""
        return self._memberships.pop((role, kind, grantee), None) is not None

    def memberships(self) -> list[Membership]:
        """Who has which role, by name."""
        return [self._memberships[key] for key in sorted(self._memberships)]

    def user(self, name: str) -> User | None:
        """A user by its name."""
        return self._users.get(name)

    def users(self) -> list[User]:
        """All users by name."""
        return [self._users[name] for name in sorted(self._users)]

    def put_user(self, user: User) -> None:
        """Make or change a user."""
        self._users[user.name] = user

    def drop_user(self, name: str) -> None:
        """Forget a user."""
        self._users.pop(name, None)
        self._memberships = {
            key: member
            for key, member in self._memberships.items()
            if (member.kind, member.grantee) != ("USER", name)
        }

    def reach(self, *roles: str) -> frozenset[str]:
        """The roles themselves, those granted to them, to those and so on, and PUBLIC."""
        below: dict[str, list[str]] = {}
        for member in self._memberships.values():
            if member.kind == "ROLE":
                below.setdefault(member.grantee, []).append(member.role)
        found: set[str] = {PUBLIC}
        waiting = list(roles)
        while waiting:
            role = waiting.pop()
            if role not in found:
                found.add(role)
                waiting.extend(below.get(role, []))
        return frozenset(found)

    def of_user(self, user: str) -> frozenset[str]:
        """All roles that a user may take."""
        direct = [m.role for m in self._memberships.values() if (m.kind, m.grantee) == ("USER", user)]
        return self.reach(*direct)
