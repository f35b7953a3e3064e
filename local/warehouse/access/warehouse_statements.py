"""CREATE, ALTER, DROP, DESCRIBE and SHOW of warehouses, and USE WAREHOUSE.

https://docs.snowflake.com/en/sql-reference/commands-warehouse
"""

from __future__ import annotations

import datetime
from typing import Any

from fakesnow.statement_type import DDL

from local.warehouse.access.access import Access
from local.warehouse.access.grants import ACCOUNT, ObjectKey
from local.warehouse.access.show_pattern import Filters
from local.warehouse.access.warehouses import SIZES, VirtualWarehouse
from local.warehouse.errors import SqlError, cannot_use, unsupported
from local.warehouse.results import SUCCESS, Result, status_result, table_result
from local.warehouse.sessions.queries import QueryRegistry
from local.warehouse.sessions.sessions import Session, SessionRegistry
from local.warehouse.statements.object_properties import (
    invalid_property,
    invalid_value,
    read_names,
    read_properties,
    truth,
)
from local.warehouse.tokens import Tokens

_TEXT, _COUNT, _TIME = "VARCHAR", "BIGINT", "TIMESTAMP WITH TIME ZONE"
_COLUMNS = {
    "name": _TEXT,
    "state": _TEXT,
    "type": _TEXT,
    "size": _TEXT,
    "min_cluster_count": _COUNT,
    "max_cluster_count": _COUNT,
    "started_clusters": _COUNT,
    "running": _COUNT,
    "queued": _COUNT,
    "is_default": _TEXT,
    "is_current": _TEXT,
    "auto_suspend": _COUNT,
    "auto_resume": _TEXT,
    "available": _TEXT,
    "provisioning": _TEXT,
    "quiescing": _TEXT,
    "other": _TEXT,
    "created_on": _TIME,
    "resumed_on": _TIME,
    "updated_on": _TIME,
    "owner": _TEXT,
    "comment": _TEXT,
    "enable_query_acceleration": _TEXT,
    "query_acceleration_max_scale_factor": _COUNT,
    "resource_monitor": _TEXT,
    "scaling_policy": _TEXT,
    "owner_role_type": _TEXT,
    "generation": _TEXT,
}
_ONLY = {
    "WAREHOUSE_TYPE": "STANDARD",
    "MIN_CLUSTER_COUNT": "1",
    "MAX_CLUSTER_COUNT": "1",
    "SCALING_POLICY": "STANDARD",
    "ENABLE_QUERY_ACCELERATION": "FALSE",
}
_IGNORED = {"WAIT_FOR_COMPLETION", "INITIALLY_SUSPENDED"}
_DEFAULTS = {"WAREHOUSE_SIZE": "XSMALL", "AUTO_SUSPEND": "600", "AUTO_RESUME": "TRUE", "COMMENT": ""}


class WarehouseStatements:
    """Statements about warehouses, carried out on the account."""

    def __init__(self, access: Access, sessions: SessionRegistry, queries: QueryRegistry) -> None:
        self._access = access
        self._all = access.warehouses
        self._sessions = sessions
        self._queries = queries

    def run(self, session: Session, text: str) -> Result:
        """Carry out one of them."""
        tokens = Tokens(text)
        with self._access.file.lock:
            if tokens.skip("SHOW", "WAREHOUSES"):
                return self._show(session, tokens)
            if tokens.skip("DESCRIBE", "WAREHOUSE") or tokens.skip("DESC", "WAREHOUSE"):
                return self._describe(session, tokens)
            if tokens.skip("USE", "WAREHOUSE"):
                return self._use(session, tokens)
            result = self._change(session, tokens)
            self._access.file.save()
            return result

    def _change(self, session: Session, tokens: Tokens) -> Result:
        if tokens.skip("DROP", "WAREHOUSE"):
            return self._drop(session, tokens)
        if tokens.skip("ALTER", "WAREHOUSE"):
            return self._alter(session, tokens)
        tokens.expect_words("CREATE")
        is_replacing = tokens.skip("OR", "REPLACE")
        tokens.expect_words("WAREHOUSE")
        return self._create(session, tokens, is_replacing=is_replacing)

    def _key(self, name: str) -> ObjectKey:
        return ObjectKey("WAREHOUSE", (name,))

    def _create(self, session: Session, tokens: Tokens, *, is_replacing: bool) -> Result:
        is_tolerant = tokens.skip("IF", "NOT", "EXISTS")
        name = _name(tokens)
        tokens.skip("WITH")
        properties = read_properties(tokens)
        self._access.authorization.require(session, ACCOUNT, "CREATE WAREHOUSE")
        if self._all.find(name) is not None:
            if is_tolerant:
                return status_result(f"{name} already exists, statement succeeded.", DDL)
            if not is_replacing:
                raise _exists(name)
            self._access.authorization.require(session, self._key(name), "OWNERSHIP")
            self._access.grants.forget(self._key(name))
        made = self._all.new(name)
        _apply(made, properties)
        made.is_started = not truth("INITIALLY_SUSPENDED", properties.get("INITIALLY_SUSPENDED", "FALSE"))
        self._all.put(made)
        self._access.grants.own(self._key(name), session.role)
        session.warehouse = name
        return status_result(f"Warehouse {name} successfully created.", DDL)

    def _drop(self, session: Session, tokens: Tokens) -> Result:
        is_tolerant = tokens.skip("IF", "EXISTS")
        name = _name(tokens)
        tokens.expect_end()
        if is_tolerant and self._all.find(name) is None:
            return status_result(f"Drop statement executed successfully ({name} already dropped).", DDL)
        self._existing(session, name, "OWNERSHIP")
        self._all.drop(name)
        self._access.grants.forget(self._key(name))
        for each in self._sessions.all():
            if each.warehouse == name:
                each.warehouse = None
        return status_result(f"{name} successfully dropped.", DDL)

    def _existing(self, session: Session, name: str, *privileges: str) -> VirtualWarehouse:
        found = self._all.get(name)
        self._access.authorization.require(session, self._key(name), *privileges)
        return found

    def _alter(self, session: Session, tokens: Tokens) -> Result:
        is_tolerant = tokens.skip("IF", "EXISTS")
        is_unnamed = any(tokens.peek().is_word(word) for word in ("SUSPEND", "RESUME", "ABORT"))
        name = (session.warehouse or "") if is_unnamed else _name(tokens)
        if is_tolerant and self._all.find(name) is None:
            return status_result(SUCCESS, DDL)
        if tokens.skip("SUSPEND"):
            tokens.expect_end()
            self._all.suspend(self._existing(session, name, "OPERATE"))
        elif tokens.skip("RESUME"):
            self._resume(self._existing(session, name, "OPERATE"), tokens)
        elif tokens.skip("ABORT", "ALL", "QUERIES"):
            tokens.expect_end()
            for query_id in list(self._existing(session, name, "OPERATE").running):
                self._queries.cancel(query_id)
        elif tokens.skip("RENAME", "TO"):
            self._rename(self._existing(session, name, "OWNERSHIP", "MODIFY"), _name(tokens))
        elif tokens.skip("UNSET"):
            defaults = {key: _DEFAULTS.get(key, "") for key in read_names(tokens)}
            _apply(self._existing(session, name, "MODIFY"), defaults)
        else:
            tokens.expect_words("SET")
            self._set(self._existing(session, name, "MODIFY"), read_properties(tokens))
        return status_result(SUCCESS, DDL)

    def _resume(self, warehouse: VirtualWarehouse, tokens: Tokens) -> None:
        is_tolerant = tokens.skip("IF", "SUSPENDED")
        tokens.expect_end()
        if not (is_tolerant and warehouse.is_started):
            self._all.resume(warehouse)

    def _set(self, warehouse: VirtualWarehouse, properties: dict[str, str]) -> None:
        if "INITIALLY_SUSPENDED" in properties:
            raise invalid_property("INITIALLY_SUSPENDED", "WAREHOUSE")
        _apply(warehouse, properties)
        warehouse.updated_on = self._access.roles.moment()

    def _rename(self, warehouse: VirtualWarehouse, name: str) -> None:
        if self._all.find(name) is not None:
            raise _exists(name)
        old = warehouse.name
        self._all.rename(warehouse, name)
        self._access.grants.rename(self._key(old), self._key(name))
        for each in self._sessions.all():
            if each.warehouse == old:
                each.warehouse = name

    def _use(self, session: Session, tokens: Tokens) -> Result:
        """Make one current that the role may use; raises SqlError 002043 for all others."""
        name = _name(tokens)
        tokens.expect_end()
        may = self._access.authorization.may(
            session, self._key(name), "USAGE", "OPERATE", "MODIFY", "MONITOR"
        )
        if self._all.find(name) is None or not may:
            raise cannot_use()
        session.warehouse = name
        return status_result(SUCCESS)

    def _show(self, session: Session, tokens: Tokens) -> Result:
        filters = Filters()
        filters.read_like(tokens)
        filters.read_rest(tokens)
        visible = [w for w in self._all.all() if self._access.authorization.may(session, self._key(w.name))]
        rows = [self._row(session, warehouse) for warehouse in visible]
        return table_result(_COLUMNS, filters.chosen(rows, 0))

    def _row(self, session: Session, warehouse: VirtualWarehouse) -> list[Any]:
        user = self._access.roles.user(session.user)
        is_started = warehouse.is_started
        return [
            warehouse.name,
            "STARTED" if is_started else "SUSPENDED",
            "STANDARD",
            SIZES[warehouse.size][1],
            1,
            1,
            int(is_started),
            len(warehouse.running),
            0,
            _yes(user is not None and user.default_warehouse == warehouse.name),
            _yes(session.warehouse == warehouse.name),
            warehouse.auto_suspend or None,
            str(warehouse.auto_resume).lower(),
            "100" if is_started else "",
            "0" if is_started else "",
            "0" if is_started else "",
            "0" if is_started else "",
            datetime.datetime.fromisoformat(warehouse.created_on),
            datetime.datetime.fromisoformat(warehouse.resumed_on or warehouse.created_on),
            datetime.datetime.fromisoformat(warehouse.updated_on),
            self._access.grants.owner(self._key(warehouse.name)),
            warehouse.comment,
            "false",
            8,
            "null",
            "STANDARD",
            "ROLE",
            "1",
        ]

    def _describe(self, session: Session, tokens: Tokens) -> Result:
        name = _name(tokens)
        tokens.expect_end()
        warehouse = self._existing(session, name)
        created = datetime.datetime.fromisoformat(warehouse.created_on)
        columns = {"created_on": _TIME, "name": _TEXT, "kind": _TEXT}
        return table_result(columns, [[created, warehouse.name, "WAREHOUSE"]])


def _name(tokens: Tokens) -> str:
    parts = tokens.name()
    if len(parts) != 1:
        raise tokens.unexpected()
    return parts[0]


def _apply(warehouse: VirtualWarehouse, properties: dict[str, str]) -> None:
    """Set properties, all or none."""
    checked = {name: _checked(name, value) for name, value in properties.items() if name not in _IGNORED}
    for name, value in checked.items():
        if name == "WAREHOUSE_SIZE":
            warehouse.size = int(value)
        elif name == "AUTO_SUSPEND":
            warehouse.auto_suspend = int(value)
        elif name == "AUTO_RESUME":
            warehouse.auto_resume = bool(value)
        elif name == "COMMENT":
            warehouse.comment = str(value)


def _checked(name: str, value: str) -> str | int | bool:
    if name == "WAREHOUSE_SIZE":
        return _size(value)
    if name == "AUTO_SUSPEND":
        return _idle_seconds(value)
    if name == "AUTO_RESUME":
        return truth(name, value)
    if name == "COMMENT":
        return value
    if name in _ONLY:
        if value.upper() != _ONLY[name]:
            raise unsupported(f"{name}={value}")
        return value
    if name in ("RESOURCE_MONITOR", "STATEMENT_TIMEOUT_IN_SECONDS", "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS"):
        raise unsupported(f"{name} of a warehouse")
    raise invalid_property(name, "WAREHOUSE")


def _size(value: str) -> int:
    """The place of a size in the list, in any of Snowflake's spellings: XSMALL, 'X-SMALL', X2LARGE, '2X-LARGE'."""
    wanted = value.upper().replace("-", "")
    spellings = {"X2LARGE": "XXLARGE", "2XLARGE": "XXLARGE", "X3LARGE": "XXXLARGE", "3XLARGE": "XXXLARGE"}
    spellings |= {f"{number}XLARGE": f"X{number}LARGE" for number in (4, 5, 6)}
    wanted = spellings.get(wanted, wanted)
    names = [name for name, _ in SIZES]
    if wanted not in names:
        raise invalid_value("WAREHOUSE_SIZE", value)
    return names.index(wanted)


def _idle_seconds(value: str) -> int:
    if value.upper() == "NULL":
        return 0
    if not value.isdigit():
        raise invalid_value("AUTO_SUSPEND", value)
    return int(value)


def _yes(is_so: bool) -> str:
    return "Y" if is_so else "N"


def _exists(name: str) -> SqlError:
    return SqlError(2002, "42710", f"SQL compilation error:\nObject '{name}' already exists.")
