"""The audit's queries; what they count is written elsewhere and handed in.

A column's name and an alias of ours could be the same, so no alias stands beside a condition.
Source: docs.snowflake.com/en/sql-reference/constructs/group-by (positions stand for the selected columns).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sfetl_provider.core.audit.month_range import count_where
from sfetl_provider.core.expression.bound_sql import BoundSql, filled, joined
from sfetl_provider.core.identifiers import quote_identifier
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.plan.names import quoted_table


class Wanted(NamedTuple):
    """Rows that are to be shown: which of them, and the columns of interest."""

    condition: BoundSql
    columns: tuple[str, ...]


def days_statement(
    table: TableName, day: str, aggregates: Sequence[BoundSql], condition: BoundSql | None = None
) -> BoundSql:
    """Give the one scan of a table: for each day, and for rows without one, the rows and all aggregates.

    `day` is the SQL of a row's day; only rows that meet the condition are looked at.
    """
    columns = [BoundSql(day), BoundSql("COUNT(*)"), *aggregates]
    return _selected(table, columns, condition, "\nGROUP BY 1\nORDER BY 1")


def day_of(date_column: str) -> str:
    """Give the SQL of a row's day in a load table."""
    return f"CAST({quote_identifier(date_column)} AS DATE)"


def whole_statement(load_table: TableName, aggregates: Sequence[BoundSql]) -> BoundSql:
    """Give the scan for aggregates that cannot be put together from those of the days."""
    return _selected(load_table, aggregates)


def null_count(column: str) -> BoundSql:
    """Give the number of rows without a value in a column."""
    return BoundSql(count_where(f"{quote_identifier(column)} IS NULL"))


def keyless_count(key: Sequence[str]) -> BoundSql:
    """Give the number of rows that lack a value of the key."""
    return BoundSql(count_where(" OR ".join(f"{quote_identifier(name)} IS NULL" for name in key)))


def keys_statement(load_table: TableName, key: Sequence[str], limit: int) -> str:
    """Give the query for keys that stand more than once, the most frequent first.

    Columns in order: the number of such keys, the number of their rows, the rows of this key, its values as texts.
    """
    names = [f'"KEY_{number}"' for number, _ in enumerate(key, start=1)]
    grouped = ", ".join(
        f"{quote_identifier(column)} AS {name}" for column, name in zip(key, names, strict=True)
    )
    positions = ", ".join(str(number) for number, _ in enumerate(key, start=1))
    texts = ", ".join(f"CAST({name} AS VARCHAR)" for name in names)
    return (
        f'SELECT COUNT(*) OVER (), CAST(SUM("KEY_ROWS") OVER () AS INTEGER), "KEY_ROWS", {texts}\n'
        f'FROM (\n  SELECT {grouped}, COUNT(*) AS "KEY_ROWS"\n  FROM {quoted_table(load_table)}\n'
        f"  GROUP BY {positions}\n  HAVING COUNT(*) > 1\n) AS k\n"
        f"WHERE {' AND '.join(f'{name} IS NOT NULL' for name in names)}\n"
        f"ORDER BY 3 DESC, {', '.join(str(number + 3) for number, _ in enumerate(key, start=1))}\n"
        f"LIMIT {int(limit)}"
    )


def samples_statement(load_table: TableName, wanted: Sequence[Wanted], limit: int) -> BoundSql:
    """Give the query for up to `limit` rows of each kind wanted, in no order.

    Columns: the number of the kind, from 0, then the values as texts; kinds with fewer columns are filled up with
    NULL.
    """
    width = max(len(kind.columns) for kind in wanted)
    return joined(
        "\nUNION ALL\n", [_sample(load_table, at, kind, (width, limit)) for at, kind in enumerate(wanted)]
    )


def _sample(load_table: TableName, at: int, kind: Wanted, size: tuple[int, int]) -> BoundSql:
    width, limit = size
    texts = [f"CAST({quote_identifier(name)} AS VARCHAR)" for name in kind.columns]
    texts += ["CAST(NULL AS VARCHAR)"] * (width - len(texts))
    named = ", ".join(f'{text} AS "VALUE_{number}"' for number, text in enumerate(texts, start=1))
    start = f'SELECT {at} AS "KIND", {named}\nFROM (SELECT * FROM {quoted_table(load_table)} WHERE '
    return joined("", [BoundSql(start), kind.condition, BoundSql(f" LIMIT {int(limit)}) AS k")])


def _selected(
    table: TableName, columns: Sequence[BoundSql], condition: BoundSql | None = None, tail: str = ""
) -> BoundSql:
    start, source = BoundSql("SELECT\n  "), BoundSql(f"\nFROM {quoted_table(table)}")
    where = filled("\nWHERE {}", condition) if condition else BoundSql("")
    return joined("", [start, joined(",\n  ", columns), source, where, BoundSql(tail)])
