"""What a drop would remove, read without changing anything but the month's place in the head table."""

from __future__ import annotations

from collections.abc import Sequence
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
from sfetl_provider.core.plan.names import quoted_table, target_table
from sfetl_provider.core.plan.target_columns import describe_target
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
    columns = _columns(warehouse, config)
    reach_days = read_reach_days(warehouse, table)
    return DropPreview(
        feed=config.feed,
        month=str(month),
        table=table,
        columns=columns,
        rows=rows,
        total_rows=total,
        share=rows / total if total else 0.0,
        first=first,
        last=last,
        sample=_sample(warehouse, config, columns, month),
        generation=generation,
        last_change=_last_change(warehouse, config, month),
        reach_days=reach_days,
        keep_until=keep_until(reach_days, recovery.days, recovery.today),
    )


def totals_statement(table: TableName, date_column: str) -> str:
    """Give the query for rows of the month, rows in all, first and last date; binds: bounds, three times."""
    column, condition = quote_identifier(date_column), inside(date_column)
    return (
        f"SELECT {count_where(condition)}, COUNT(*),\n"
        f"  CAST(MIN(CASE WHEN {condition} THEN {column} END) AS VARCHAR),\n"
        f"  CAST(MAX(CASE WHEN {condition} THEN {column} END) AS VARCHAR)\n"
        f"FROM {quoted_table(table)}"
    )


def sample_statement(config: FeedConfig, columns: Sequence[str]) -> str:
    """Give the query for the month's first rows, every value as text; binds: bounds."""
    values = ", ".join(f"CAST({quote_identifier(name)} AS VARCHAR)" for name in columns)
    return (
        f"SELECT {values}\n"
        f"FROM {quoted_table(target_table(config))}\n"
        f"WHERE {inside(config.target_date_column)}\n"
        f"ORDER BY {quote_identifier(config.target_date_column)}\n"
        f"LIMIT {_SAMPLE_ROWS}"
    )


def _totals(warehouse: Warehouse, config: FeedConfig, month: Month) -> tuple[int, int, str, str]:
    statement = totals_statement(target_table(config), config.target_date_column)
    ((rows, total, first, last),) = warehouse.query(statement, bounds(month) * 3).rows
    return int(str(rows)), int(str(total)), _text(first), _text(last)


def _columns(warehouse: Warehouse, config: FeedConfig) -> tuple[str, ...]:
    """Give the columns that a publication fills; with schema changes ignored, those of them that are there."""
    if config.table.schema_changes != "ignore":
        return config.target_names
    present = {column.name for column in describe_target(warehouse, target_table(config)) or ()}
    return tuple(name for name in config.target_names if name in present)


def _sample(
    warehouse: Warehouse, config: FeedConfig, columns: Sequence[str], month: Month
) -> tuple[tuple[str, ...], ...]:
    rows = warehouse.query(sample_statement(config, columns), bounds(month)).rows
    return tuple(tuple(_text(value) for value in row) for row in rows)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _last_change(warehouse: Warehouse, config: FeedConfig, month: Month) -> str:
    entry = last_change(warehouse, config.table.database, config.feed, str(month))
    if entry is None:
        return "The ledger records no change of this month."
    return f"Last change: {change_text(entry)}"
