"""Who may do what with which object: the grants of the account, owners included.

https://docs.snowflake.com/en/user-guide/security-access-control-overview
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from local.warehouse.access.account_file import AccountFile

OWNERSHIP = "OWNERSHIP"
FIRST_OWNER = "SYSADMIN"
_CONTAINERS = ("DATABASE", "SCHEMA")


@dataclass(frozen=True)
class ObjectKey:
    """An object of the account: its kind and its full name in parts; a view has the kind TABLE."""

    kind: str
    name: tuple[str, ...]

    @property
    def full_name(self) -> str:
        """The name in one piece."""
        return ".".join(self.name)


ACCOUNT = ObjectKey("ACCOUNT", ())


@dataclass(frozen=True)
class Grant:
    """One privilege on one object to one role; `created_on` is an ISO time."""

    privilege: str
    key: ObjectKey
    role: str
    has_option: bool
    granted_by: str
    created_on: str


@dataclass(frozen=True)
class FutureGrant:
    """One privilege on what will be created in a schema or a database."""

    privilege: str
    kind: str
    container: ObjectKey
    role: str
    has_option: bool
    created_on: str


_Held = dict[tuple[str, str], Grant]


class Grants:
    """All grants; used under the lock of the account's file. What nobody is recorded to own SYSADMIN owns."""

    def __init__(self, file: AccountFile, now: Callable[[], datetime.datetime]) -> None:
        self._file = file
        self._now = now
        self._held: dict[ObjectKey, _Held] = {}
        self._future: dict[tuple[Any, ...], FutureGrant] = {}
        self._dropped: list[tuple[ObjectKey, dict[ObjectKey, _Held]]] = []
        kept = file.part("grants", self._state)
        for fields in kept.get("held", []):
            self._put(Grant(**{**fields, "key": _key(fields["key"])}))
        for fields in kept.get("future", []):
            self._put_future(FutureGrant(**{**fields, "container": _key(fields["container"])}))

    def _state(self) -> dict[str, Any]:
        held = [dataclasses.asdict(grant) for grants in self._held.values() for grant in grants.values()]
        return {"held": held, "future": [dataclasses.asdict(grant) for grant in self._future.values()]}

    def _put(self, grant: Grant) -> None:
        self._held.setdefault(grant.key, {})[grant.privilege, grant.role] = grant

    def _put_future(self, grant: FutureGrant) -> None:
        self._future[grant.privilege, grant.kind, grant.container, grant.role] = grant

    def owner(self, key: ObjectKey) -> str:
        """The role that owns an object."""
        for privilege, role in self._held.get(key, {}):
            if privilege == OWNERSHIP:
                return role
        return FIRST_OWNER

    def privileges(self, key: ObjectKey, roles: Iterable[str]) -> set[str]:
        """What any of the roles may do with an object."""
        wanted = set(roles)
        found = {privilege for privilege, role in self._held.get(key, {}) if role in wanted}
        if key.kind != "ACCOUNT" and self.owner(key) in wanted:
            found.add(OWNERSHIP)
        return found

    def may_grant(self, key: ObjectKey, privilege: str, roles: Iterable[str]) -> bool:
        """Whether any of the roles owns the object or has the privilege with the option to grant it."""
        wanted = set(roles)
        if key.kind != "ACCOUNT" and self.owner(key) in wanted:
            return True
        return any(
            grant.has_option and grant.privilege == privilege and grant.role in wanted
            for grant in self._held.get(key, {}).values()
        )

    def give(self, key: ObjectKey, privilege: str, role: str, by: str, *, has_option: bool = False) -> None:
        """Grant; once more changes nothing but the option."""
        known = self._held.get(key, {}).get((privilege, role))
        has_option = has_option or bool(known and known.has_option)
        self._put(Grant(privilege, key, role, has_option, by, self._now().isoformat()))

    def take(self, key: ObjectKey, privilege: str, role: str, *, only_option: bool = False) -> bool:
        """Revoke; says whether there was such a grant."""
        grant = self._held.get(key, {}).get((privilege, role))
        if grant is None:
            return False
        if only_option:
            self._put(dataclasses.replace(grant, has_option=False))
        else:
            del self._held[key][privilege, role]
        return True

    def own(self, key: ObjectKey, role: str, *, keeps_grants: bool = True) -> None:
        """Make a role the owner in place of the one before."""
        held = self._held.setdefault(key, {})
        for privilege, holder in list(held):
            if privilege == OWNERSHIP or not keeps_grants:
                del held[privilege, holder]
        self.give(key, OWNERSHIP, role, role, has_option=True)

    def on(self, key: ObjectKey) -> list[Grant]:
        """The grants on an object, the owner's first."""
        held = list(self._held.get(key, {}).values())
        if key.kind != "ACCOUNT" and not any(grant.privilege == OWNERSHIP for grant in held):
            first = datetime.datetime.fromtimestamp(0, datetime.UTC).isoformat()
            held.append(Grant(OWNERSHIP, key, FIRST_OWNER, True, "", first))
        return sorted(held, key=lambda grant: (grant.privilege != OWNERSHIP, grant.privilege, grant.role))

    def to(self, role: str) -> list[Grant]:
        """The grants to a role."""
        found = [
            grant for held in self._held.values() for (_, holder), grant in held.items() if holder == role
        ]
        return sorted(found, key=lambda grant: (grant.key.kind, grant.key.name, grant.privilege))

    def give_future(self, grant: FutureGrant) -> None:
        """Grant what will be created."""
        self._put_future(grant)

    def take_future(self, privilege: str, kind: str, container: ObjectKey, role: str) -> bool:
        """Revoke it; what was created meanwhile keeps its grants."""
        return self._future.pop((privilege, kind, container, role), None) is not None

    def future(self, container: ObjectKey) -> list[FutureGrant]:
        """The future grants in a schema or database."""
        return [grant for grant in self._future.values() if grant.container == container]

    def future_to(self, role: str) -> list[FutureGrant]:
        """The future grants to a role."""
        return [grant for grant in self._future.values() if grant.role == role]

    def apply_future(self, key: ObjectKey, by: str) -> None:
        """Give a new object what is granted on it in advance; a schema's grants put its database's out of force.

        https://docs.snowflake.com/en/sql-reference/sql/grant-privilege#future-grants-on-database-or-schema-objects
        """
        containers = [ObjectKey("SCHEMA", key.name[:2]), ObjectKey("DATABASE", key.name[:1])]
        for container in containers if len(key.name) == 3 else containers[1:]:
            found = [grant for grant in self.future(container) if grant.kind == key.kind]
            for grant in found:
                if grant.privilege == OWNERSHIP:
                    self.own(key, grant.role)
                else:
                    self.give(key, grant.privilege, grant.role, by, has_option=grant.has_option)
            if found:
                return

    def forget(self, key: ObjectKey) -> None:
        """An object and all in it is dropped; its grants come back with UNDROP."""
        gone = {found: self._held.pop(found) for found in self._below(key)}
        self._dropped.append((key, gone))
        for grant in [grant for grant in self._future.values() if _is_below(grant.container, key)]:
            self.take_future(grant.privilege, grant.kind, grant.container, grant.role)

    def bring_back(self, key: ObjectKey) -> None:
        """UNDROP: the grants of the newest dropped object of that name hold again."""
        for number in reversed(range(len(self._dropped))):
            if self._dropped[number][0] == key:
                self._held.update(self._dropped.pop(number)[1])
                return

    def dropped_owner(self, key: ObjectKey) -> str:
        """Who owned the newest dropped object of that name."""
        for dropped, gone in reversed(self._dropped):
            if dropped == key:
                return next((r for p, r in gone.get(key, {}) if p == OWNERSHIP), FIRST_OWNER)
        return FIRST_OWNER

    def rename(self, old: ObjectKey, new: ObjectKey) -> None:
        """Grants follow an object, and all in it, to its new name."""
        for key in self._below(old):
            self._move(key, ObjectKey(key.kind, new.name + key.name[len(old.name) :]))

    def copy_inside(self, source: ObjectKey, made: ObjectKey) -> None:
        """The objects in a clone of a schema or database have the grants of those in its source."""
        for key in self._below(source):
            if key != source:
                name = made.name + key.name[len(source.name) :]
                for grant in list(self._held[key].values()):
                    self._put(dataclasses.replace(grant, key=ObjectKey(key.kind, name)))

    def swap(self, one: ObjectKey, other: ObjectKey) -> None:
        """Two tables change names; each keeps its grants."""
        aside = ObjectKey(one.kind, (*one.name, "swapped"))
        for old, new in ((one, aside), (other, one), (aside, other)):
            if old in self._held:
                self._move(old, new)

    def _move(self, key: ObjectKey, new: ObjectKey) -> None:
        held = self._held.pop(key)
        self._held[new] = {place: dataclasses.replace(grant, key=new) for place, grant in held.items()}

    def forget_role(self, role: str, heir: str) -> None:
        """A role is dropped: its grants go, what it owned goes to another role."""
        for key, held in list(self._held.items()):
            for privilege, holder in list(held):
                if holder != role:
                    continue
                if privilege == OWNERSHIP:
                    self.own(key, heir)
                else:
                    del held[privilege, holder]
        self._future = {place: grant for place, grant in self._future.items() if grant.role != role}

    def _below(self, key: ObjectKey) -> list[ObjectKey]:
        return [found for found in self._held if _is_below(found, key)]


def _is_below(key: ObjectKey, container: ObjectKey) -> bool:
    if key == container:
        return True
    is_inside = container.kind in _CONTAINERS and key.kind not in ("WAREHOUSE", "ROLE", "USER")
    return (
        is_inside
        and len(key.name) > len(container.name)
        and key.name[: len(container.name)] == container.name
    )


def _key(fields: dict[str, Any]) -> ObjectKey:
    return ObjectKey(str(fields["kind"]), tuple(fields["name"]))
