"""A virtual warehouse as SHOW WAREHOUSES tells it, and waking one that does not wake by itself.

Sources: docs.snowflake.com/en/sql-reference/sql/show-warehouses (needs no running warehouse; shows those for which
the role has any privilege), …/sql/alter-warehouse.
"""

from __future__ import annotations

from collections.abc import Mapping

from sfetl_provider.core.identifiers import quote_identifier
from sfetl_provider.core.ports import Warehouse
from sfetl_provider.core.record import Record
from sfetl_provider.core.warehouse_size import SizeName, read_size

_SUSPENDED = "SUSPENDED"
_FIRST_GENERATION = ("", "1")


class WarehouseState(Record):
    """One warehouse: statements that run and wait on it now, and whether it resumes by itself.

    `has_known_rate`: a standard one of the first generation, whose credits per hour are documented.
    """

    name: str
    size: SizeName
    state: str
    running: int
    queued: int
    is_resuming: bool
    has_known_rate: bool
    comment: str = ""

    @property
    def is_suspended(self) -> bool:
        """Tell whether it computes nothing now."""
        return self.state == _SUSPENDED

    @property
    def is_asleep(self) -> bool:
        """Tell whether it is suspended and no statement wakes it."""
        return self.is_suspended and not self.is_resuming


SHOW = "SHOW WAREHOUSES"


def session_warehouse(warehouse: Warehouse) -> WarehouseState | None:
    """Give the warehouse of this session, None when it has none or one of a kind that has no size."""
    return next((found for found in _shown(warehouse, "is_current", "Y")), None)


def find_warehouse(warehouse: Warehouse, name: str) -> WarehouseState | None:
    """Give a warehouse by its name, None when it is gone or not to be seen."""
    return next((found for found in _shown(warehouse, "name", name)), None)


def visible_warehouses(warehouse: Warehouse) -> tuple[WarehouseState, ...]:
    """Give all that the role may see."""
    return tuple(filter(None, map(_state, warehouse.query(SHOW).records())))


def resume_statement(name: str) -> str:
    """Give the statement that wakes a warehouse, and leaves one that runs as it is."""
    return f"ALTER WAREHOUSE {quote_identifier(name)} RESUME IF SUSPENDED"


def wake(warehouse: Warehouse) -> str:
    """Wake the session's warehouse if no statement would, and give its name; '' when nothing was to be done.

    Raises PrivilegeMissingError when the role may not (OPERATE on the warehouse).
    """
    found = session_warehouse(warehouse)
    if found is None or not found.is_asleep:
        return ""
    warehouse.query(resume_statement(found.name))
    return found.name


def _shown(warehouse: Warehouse, column: str, value: str) -> list[WarehouseState]:
    records = [record for record in warehouse.query(SHOW).records() if record[column] == value]
    return [state for state in map(_state, records) if state is not None]


def _state(record: Mapping[str, object]) -> WarehouseState | None:
    try:
        size = read_size(_text(record, "size"))
    except ValueError:
        return None  # Adaptive and interactive warehouses have none of the sizes
    is_standard = (
        _text(record, "type") == "STANDARD" and _text(record, "resource_constraint") != "STANDARD_GEN_2"
    )
    return WarehouseState(
        name=_text(record, "name"),
        size=size,
        state=_text(record, "state"),
        running=int(_text(record, "running") or 0),
        queued=int(_text(record, "queued") or 0),
        is_resuming=_text(record, "auto_resume").lower() == "true",
        has_known_rate=is_standard and _text(record, "generation") in _FIRST_GENERATION,
        comment=_text(record, "comment"),
    )


def _text(record: Mapping[str, object], column: str) -> str:
    """Columns come and go with Snowflake's releases; what is missing or NULL is empty."""
    value = record.get(column)
    return "" if value is None else str(value)
