"""The two queries of a validation.

Sources: docs.snowflake.com/en/sql-reference/data-type-conversion (a TIMESTAMP_TZ cast to DATE keeps the day of
its own offset; cast to TIMESTAMP_LTZ first, it has that of the session's zone, as when it is compared with a
date), and …/constructs/group-by (positions stand for the selected columns).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sfetl_provider.core.audit.month_range import inside
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.expression.bound_sql import BoundSql, filled
from sfetl_provider.core.identifiers import quote_identifier
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.names import quoted_table, target_table


class MonthSpan(NamedTuple):
    """From the first day of one month to the last day of another."""

    first: Month
    last: Month


def days_statement(config: FeedConfig, span: MonthSpan | None) -> BoundSql:
    """Give the one scan of the target: rows by day, and those without a date; of a span of months, or all."""
    return filled(
        f"SELECT {_day(config)}, COUNT(*)\nFROM {quoted_table(target_table(config))}{{}}\nGROUP BY 1\nORDER BY 1",
        _within(config, span),
    )


def keys_statement(config: FeedConfig, key: Sequence[str], months: Sequence[Month]) -> BoundSql:
    """Give the query for keys that stand more than once in a month; `key` are columns of the file.

    Columns: the month, the number of such keys, the number of their rows. A row that lacks a value of the key
    equals no other, as in QC.
    """
    names = [quote_identifier(config.target_of(name)) for name in key]
    is_whole = " AND ".join(f"{name} IS NOT NULL" for name in names)
    return filled(
        'SELECT "KEY_MONTH", COUNT(*), CAST(SUM("KEY_ROWS") AS INTEGER)\n'
        f'FROM (\n  SELECT {{}} AS "KEY_MONTH", COUNT(*) AS "KEY_ROWS"\n'
        f"  FROM {quoted_table(target_table(config))}\n  WHERE {{}} AND {is_whole}\n"
        f"  GROUP BY 1, {', '.join(names)}\n  HAVING COUNT(*) > 1\n) AS k\n"
        "GROUP BY 1\nORDER BY 1",
        _month_name(config, months),
        _dated(config, MonthSpan(months[0], months[-1])),
    )


def _month_name(config: FeedConfig, months: Sequence[Month]) -> BoundSql:
    if config.date.fiscal_months is None:
        return BoundSql(f"TO_CHAR({_day(config)}, 'YYYY-MM')")
    branches = "".join(f" WHEN {_day(config)} < ? THEN ?" for _ in months)
    binds = [bind for month in months for bind in (month.next_first_day, str(month))]
    return BoundSql(f"CASE{branches} END", tuple(binds))


def _day(config: FeedConfig) -> str:
    column = quote_identifier(config.target_date_column)
    in_zone = f"CAST({column} AS TIMESTAMP_LTZ)" if config.date.type == "timestamp" else column
    return f"CAST({in_zone} AS DATE)"


def _within(config: FeedConfig, span: MonthSpan | None) -> BoundSql:
    if span is None:
        return BoundSql("")
    undated = f"{quote_identifier(config.target_date_column)} IS NULL"
    return filled(f"\nWHERE {{}} OR {undated}", _dated(config, span))


def _dated(config: FeedConfig, span: MonthSpan) -> BoundSql:
    return BoundSql(inside(config.target_date_column), (span.first.first_day, span.last.next_first_day))
