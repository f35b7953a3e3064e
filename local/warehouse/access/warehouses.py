"""Virtual warehouses: what runs queries, by name, with size and state.

https://docs.snowflake.com/en/user-guide/warehouses-overview
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.warehouse.access.account_file import AccountFile
from local.warehouse.errors import SqlError, does_not_exist

FIRST = "LOCAL_WH"
SIZES = (
    ("XSMALL", "X-Small"),
    ("SMALL", "Small"),
    ("MEDIUM", "Medium"),
    ("LARGE", "Large"),
    ("XLARGE", "X-Large"),
    ("XXLARGE", "2X-Large"),
    ("XXXLARGE", "3X-Large"),
    ("X4LARGE", "4X-Large"),
    ("X5LARGE", "5X-Large"),
    ("X6LARGE", "6X-Large"),
)
_KEPT = ("name", "size", "auto_suspend", "auto_resume", "comment", "is_started", "created_on", "updated_on")


@dataclass
class VirtualWarehouse:
    """One warehouse; `size` counts from 0, X-Small; `auto_suspend` in seconds, 0 for never; times are ISO."""

    name: str
    created_on: str
    updated_on: str
    size: int = 0
    auto_suspend: int = 600
    auto_resume: bool = True
    comment: str = ""
    is_started: bool = True
    resumed_on: str = ""
    used_at: datetime.datetime = field(default=datetime.datetime.fromtimestamp(0, datetime.UTC))
    running: dict[str, int] = field(default_factory=dict)

    @property
    def factor(self) -> int:
        """How many times the resources of an X-Small it has: double with each size."""
        return 1 << self.size


class Warehouses:
    """All warehouses; used under the lock of the account's file. LOCAL_WH is there from the first start."""

    def __init__(self, file: AccountFile, now: Callable[[], datetime.datetime]) -> None:
        self._now = now
        self._all: dict[str, VirtualWarehouse] = {}
        kept = file.part("warehouses", self._state)
        for fields in kept.get("all", []):
            self._all[fields["name"]] = VirtualWarehouse(**fields, used_at=now())
        if not kept:
            self.put(self.new(FIRST))

    def _state(self) -> dict[str, Any]:
        return {"all": [{name: getattr(each, name) for name in _KEPT} for each in self._all.values()]}

    def new(self, name: str) -> VirtualWarehouse:
        """A started warehouse with Snowflake's defaults, not yet among the others."""
        now = self._now()
        return VirtualWarehouse(
            name, now.isoformat(), now.isoformat(), used_at=now, resumed_on=now.isoformat()
        )

    def put(self, warehouse: VirtualWarehouse) -> None:
        """Add one, or put it in place of the one of its name."""
        self._all[warehouse.name] = warehouse

    def find(self, name: str | None) -> VirtualWarehouse | None:
        """A warehouse as it is now: one that was idle for longer than AUTO_SUSPEND has been suspended."""
        warehouse = self._all.get(name or "")
        if warehouse is not None:
            self._settle(warehouse)
        return warehouse

    def get(self, name: str) -> VirtualWarehouse:
        """The same; raises SqlError 002003 when there is none."""
        warehouse = self.find(name)
        if warehouse is None:
            raise does_not_exist("Warehouse", name)
        return warehouse

    def all(self) -> list[VirtualWarehouse]:
        """All by name."""
        for warehouse in self._all.values():
            self._settle(warehouse)
        return [self._all[name] for name in sorted(self._all)]

    def _settle(self, warehouse: VirtualWarehouse) -> None:
        idle = (self._now() - warehouse.used_at).total_seconds()
        if warehouse.is_started and not warehouse.running and 0 < warehouse.auto_suspend <= idle:
            warehouse.is_started = False

    def rename(self, warehouse: VirtualWarehouse, name: str) -> None:
        """Give another name, which must be free."""
        del self._all[warehouse.name]
        warehouse.name = name
        self.put(warehouse)

    def drop(self, name: str) -> None:
        """Take one away; what runs on it runs on."""
        del self._all[name]

    def resume(self, warehouse: VirtualWarehouse) -> None:
        """Start it; raises SqlError 090063 when it runs."""
        if warehouse.is_started:
            raise _invalid_state(90063, warehouse.name, "resumed")
        warehouse.is_started = True
        warehouse.used_at = self._now()
        warehouse.resumed_on = self._now().isoformat()

    def suspend(self, warehouse: VirtualWarehouse) -> None:
        """Stop it; raises SqlError 090064 when it is stopped. What runs on it comes to its end."""
        if not warehouse.is_started:
            raise _invalid_state(90064, warehouse.name, "suspended")
        warehouse.is_started = False

    def touch(self, warehouse: VirtualWarehouse) -> None:
        """It was used just now."""
        warehouse.used_at = self._now()


def _invalid_state(code: int, name: str, what: str) -> SqlError:
    return SqlError(code, "22000", f"Invalid state. Warehouse '{name}' cannot be {what}.")
