"""What a drop would remove, read without changing anything but the month's place in the head table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sfetl_provider.core.audit.month_range import bounds, count_where, inside
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.drop.records import DropPreview
from sfetl_provider.core.drop.recovery import keep_until, read_reach_days
from sfetl_provider.core.identifiers import quote_identifier
from sfetl_provider.core.ledger.generation import read_generation
from sfetl_provider.core.ledger.lookup import change_text, last_change
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.plan.names import quoted_table
from sfetl_provider.core.ports import Warehouse

_SAMPLE_ROWS = 10


@dataclass(frozen=True)
class Recovery:
    """For how many days from `today` the drop must be undoable."""

    days: int
    today: date


def preview_month(warehouse: Warehouse, config: FeedConfig, month: Month, recovery: Recovery) -> DropPreview:
    """Look at a month: its rows, their share, first and last date, up to ten rows, the last change.

    The generation is read first, so a change during the preview makes the drop refuse. Needs the objects of
    schema SFETL (`prepare`).
    """
    table = target_table(config)
    generation = read_generation(warehouse, table.database, config.feed, str(month))
    rows, total, first, last = _totals(warehouse, config, month)
    reach_days = read_reach_days(warehouse, table)
    return DropPreview(
        feed=config.feed,
        month=str(month),
        table=table,
        columns=config.column_names,
        rows=rows,
        total_rows=total,
        share=rows / total if total else 0.0,
        first=first,
        last=last,
        sample=_sample(warehouse, config, month),
        generation=generation,
        last_change=_last_change(warehouse, config, month),
        reach_days=reach_days,
        keep_until=keep_until(reach_days, recovery.days, recovery.today),
    )


def target_table(config: FeedConfig) -> TableName:
    """Give the feed's target table."""
    table = config.table
    return TableName(database=table.database, schema_name=table.schema_name, name=table.name)


def totals_statement(table: TableName, date_column: str) -> str:
    """Give the query for rows of the month, rows in all, first and last date; binds: bounds, three times."""
    column, condition = quote_identifier(date_column), inside(date_column)
    return (
        f"SELECT {count_where(condition)}, COUNT(*),\n"
        f"  CAST(MIN(CASE WHEN {condition} THEN {column} END) AS VARCHAR),\n"
        f"  CAST(MAX(CASE WHEN {condition} THEN {column} END) AS VARCHAR)\n"
        f"FROM {quoted_table(table)}"
    )


def sample_statement(config: FeedConfig) -> str:
    """Give the query for the month's first rows, every value as text; binds: bounds."""
    columns = ", ".join(f"CAST({quote_identifier(name)} AS VARCHAR)" for name in config.column_names)
    return (
        f"SELECT {columns}\n"
        f"FROM {quoted_table(target_table(config))}\n"
        f"WHERE {inside(config.date.column)}\n"
        f"ORDER BY {quote_identifier(config.date.column)}\n"
        f"LIMIT {_SAMPLE_ROWS}"
    )


def _totals(warehouse: Warehouse, config: FeedConfig, month: Month) -> tuple[int, int, str, str]:
    statement = totals_statement(target_table(config), config.date.column)
    ((rows, total, first, last),) = warehouse.query(statement, bounds(month) * 3).rows
    return int(str(rows)), int(str(total)), _text(first), _text(last)


def _sample(warehouse: Warehouse, config: FeedConfig, month: Month) -> tuple[tuple[str, ...], ...]:
    rows = warehouse.query(sample_statement(config), bounds(month)).rows
    return tuple(tuple(_text(value) for value in row) for row in rows)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _last_change(warehouse: Warehouse, config: FeedConfig, month: Month) -> str:
    entry = last_change(warehouse, config.table.database, config.feed, str(month))
    if entry is None:
        return "The ledger records no change of this month."
    return f"Last change: {change_text(entry)}"
