"""Which loads want a warehouse larger than it is: a row for each while it lasts, in schema SFETL.

Source: docs.snowflake.com/en/sql-reference/sql/create-table.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sfetl_provider.core.plan.month_plan import MonthPlan
from sfetl_provider.core.plan.names import leases_table, quoted_table
from sfetl_provider.core.ports import Warehouse
from sfetl_provider.core.record import Record
from sfetl_provider.core.warehouse_size import SizeName

_COLUMNS = ("WAREHOUSE", "RUN_KEY", "DAG_ID", "RUN_ID", "FEED", "MONTH", "SIZE_WANTED", "TAKEN_AT")


class Lease(Record):
    """A run that wants a warehouse to have at least a size until it is over; `taken_at` in UTC."""

    warehouse: str
    run_key: str
    dag_id: str
    run_id: str
    feed: str
    month: str
    size_wanted: SizeName
    taken_at: datetime


def lease_of(plan: MonthPlan, warehouse: str, size: SizeName, now: datetime) -> Lease:
    """Give the lease of a month's run."""
    return Lease(
        warehouse=warehouse,
        run_key=plan.run_key,
        dag_id=plan.dag_id,
        run_id=plan.run_id,
        feed=plan.feed,
        month=plan.month,
        size_wanted=size,
        taken_at=now,
    )


def create_statement(database: str) -> str:
    """Give the DDL of the table, which leaves one that is there as it is."""
    columns = ",\n  ".join(f'"{name}" {_kind(name)} NOT NULL' for name in _COLUMNS)
    return f"CREATE TABLE IF NOT EXISTS {_table(database)} (\n  {columns}\n)"


def select_statement(database: str) -> str:
    """Give the query of all leases; it reads a table of few rows, but needs a running warehouse."""
    return f'SELECT {_names()}\nFROM {_table(database)}\nORDER BY "TAKEN_AT"'


def insert_statement(database: str) -> str:
    """Give the statement that adds one."""
    return f"INSERT INTO {_table(database)} ({_names()})\nVALUES ({', '.join('?' * len(_COLUMNS))})"


def delete_statement(database: str) -> str:
    """Give the statement that ends what a run has."""
    return f'DELETE FROM {_table(database)} WHERE "RUN_KEY" = ?'


def leases(warehouse: Warehouse, database: str) -> tuple[Lease, ...]:
    """Give all leases, oldest first."""
    records = warehouse.query(select_statement(database)).records()
    return tuple(
        Lease.model_validate({**record, "taken_at": _as_utc(record["taken_at"])}) for record in records
    )


def add_lease(warehouse: Warehouse, database: str, lease: Lease) -> None:
    """Add a lease, unless the run has one of that warehouse and size."""
    held = [(held.run_key, held.warehouse, held.size_wanted) for held in leases(warehouse, database)]
    if (lease.run_key, lease.warehouse, lease.size_wanted) not in held:
        values = [getattr(lease, name.lower()) for name in _COLUMNS[:-1]]
        taken_at = lease.taken_at.astimezone(UTC).replace(tzinfo=None)
        warehouse.query(insert_statement(database), (*values, taken_at))


def end_leases(warehouse: Warehouse, database: str, run_key: str) -> None:
    """Delete what a run has; nothing when it has none."""
    warehouse.query(delete_statement(database), (run_key,))


def _table(database: str) -> str:
    return quoted_table(leases_table(database))


def _names() -> str:
    return ", ".join(f'"{name}"' for name in _COLUMNS)


def _kind(name: str) -> str:
    return "TIMESTAMP_NTZ(6)" if name == "TAKEN_AT" else "VARCHAR"


def _as_utc(value: object) -> object:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
