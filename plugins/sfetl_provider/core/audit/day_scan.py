"""One scan of a table, by day: whatever adds up over days is counted in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sfetl_provider.core.audit.statements import whole_statement
from sfetl_provider.core.expression.bound_sql import BoundSql
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.ports import Warehouse

Values = Sequence[object]


class Aggregates:
    """What is to be computed; the same thing is computed once."""

    def __init__(self) -> None:
        self.listed: list[BoundSql] = []

    def place(self, aggregate: BoundSql) -> int:
        """Give the place, from 0, at which an aggregate's value will stand."""
        if aggregate not in self.listed:
            self.listed.append(aggregate)
        return self.listed.index(aggregate)


class DayGroup(NamedTuple):
    """The rows of one day, None for those without a date, and the values of all aggregates over them."""

    day: date | None
    rows: int
    values: Values


class DayScan(NamedTuple):
    """A table by day."""

    groups: tuple[DayGroup, ...]
    query_id: str

    @property
    def rows(self) -> int:
        """All rows."""
        return sum(group.rows for group in self.groups)

    @property
    def dates(self) -> list[date]:
        """All dates, in order."""
        return sorted(group.day for group in self.groups if group.day is not None)

    def total(self, place: int) -> int:
        """Add up what was counted at a place."""
        return sum(int(str(group.values[place])) for group in self.groups)


def scan_days(warehouse: Warehouse, statement: BoundSql) -> DayScan:
    """Scan a table once, by a `days_statement`."""
    result = warehouse.query(statement.text, statement.binds)
    groups = (DayGroup(as_date(row[0]), int(str(row[1])), row[2:]) for row in result.rows)
    return DayScan(tuple(groups), result.query_id)


def scan_whole(warehouse: Warehouse, load_table: TableName, aggregates: Aggregates) -> tuple[Values, str]:
    """Compute aggregates over all rows together; gives their values and the query id."""
    statement = whole_statement(load_table, aggregates.listed)
    result = warehouse.query(statement.text, statement.binds)
    (values,) = result.rows
    return values, result.query_id


def as_date(value: object) -> date | None:
    """Read a day as the connector gives it: a date, a time, or their text; None for NULL."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
