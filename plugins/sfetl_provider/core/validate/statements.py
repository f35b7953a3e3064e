"""The queries of a validation.

Source: docs.snowflake.com/en/sql-reference/constructs/group-by (positions stand for the selected columns).
"""

from __future__ import annotations

from collections.abc import Sequence

from sfetl_provider.core.audit import statements as audit
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.expression.bound_sql import BoundSql, filled, joined
from sfetl_provider.core.identifiers import quote_identifier
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.names import quoted_table
from sfetl_provider.core.validate.day_span import DaySpan
from sfetl_provider.core.validate.table_facts import TableFacts


def days_statement(facts: TableFacts, span: DaySpan, aggregates: Sequence[BoundSql] = ()) -> BoundSql:
    """Give the one scan of a table: rows and aggregates by day, of a span of days and of rows without a date."""
    dated = span.condition(facts.date_column)
    undated = BoundSql(f"{quote_identifier(facts.date_column)} IS NULL")
    condition = joined(" OR ", [dated, undated]) if dated else None
    return audit.days_statement(facts.table, facts.day, aggregates, condition)


def keys_statement(
    config: FeedConfig, facts: TableFacts, key: Sequence[str], months: Sequence[Month]
) -> BoundSql:
    """Give the query for keys that stand more than once in a month; `key` are columns of the table.

    Columns: the month, the number of such keys, the number of their rows. A row that lacks a value of the key
    equals no other, as in QC.
    """
    names = [quote_identifier(name) for name in key]
    span = DaySpan(months[0].first_day, months[-1].days()[-1])
    is_whole = [BoundSql(f"{name} IS NOT NULL") for name in names]
    conditions = [span.condition(facts.date_column) or BoundSql("TRUE"), *is_whole]
    grouped = BoundSql(f"\n  GROUP BY 1, {', '.join(names)}\n  HAVING COUNT(*) > 1\n) AS k\n")
    source = BoundSql(f"\n  FROM {quoted_table(facts.table)}\n  WHERE ")
    counted = filled(
        'SELECT "KEY_MONTH", COUNT(*), CAST(SUM("KEY_ROWS") AS INTEGER)\nFROM (\n'
        '  SELECT {} AS "KEY_MONTH", COUNT(*) AS "KEY_ROWS"',
        _month_name(config, facts.day, months),
    )
    end = BoundSql("GROUP BY 1\nORDER BY 1")
    return joined("", [counted, source, joined(" AND ", conditions), grouped, end])


def _month_name(config: FeedConfig, day: str, months: Sequence[Month]) -> BoundSql:
    if config.date.fiscal_months is None:
        return BoundSql(f"TO_CHAR({day}, 'YYYY-MM')")
    branches = [
        BoundSql(f"WHEN {day} >= ? AND {day} < ? THEN ?", (month.first_day, month.next_first_day, str(month)))
        for month in months
    ]
    return joined("", [BoundSql("CASE "), joined(" ", branches), BoundSql(" END")])
