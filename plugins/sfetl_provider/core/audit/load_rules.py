"""The feed's own rules in the load table: counted in the audit's scan, judged as QC judges them over files.

A rule with a median or a count of distinct values cannot be put together from days, so it has a scan of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sfetl_provider.core.audit.day_scan import Aggregates, Values
from sfetl_provider.core.column_type import ColumnType, read_column_type
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.expression.bound_sql import BoundSql, filled
from sfetl_provider.core.expression.evaluate import FILE_ONLY, join
from sfetl_provider.core.expression.table_text import TableNames, TableText
from sfetl_provider.core.expression.tree import Column, FactName, walk
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.plan.month_plan import TableName
from sfetl_provider.core.plan.names import quoted_table
from sfetl_provider.core.ports import Warehouse
from sfetl_provider.core.qc.report import RuleCount
from sfetl_provider.core.qc.rule_scan import Rule, rules_of


class _Places(NamedTuple):
    """Where the values of one rule stand; None: there is nothing to count."""

    violations: int | None
    unreadable: int | None
    parts: tuple[tuple[int, ...], ...]


class RuleCounter:
    """Counts rules by aggregates that ride on a scan."""

    def __init__(self, rules: Sequence[Rule], text: TableText, aggregates: Aggregates) -> None:
        self.rules = rules
        self._text = text
        self._aggregates = aggregates
        self._places = [self._place(rule) for rule in rules]

    def counts(self, groups: Sequence[Values]) -> tuple[RuleCount, ...]:
        """Give each rule's counts from the values of at least one group of rows."""
        return tuple(
            RuleCount(
                name=rule.config.name,
                violations=_total(groups, places.violations),
                unreadable=_total(groups, places.unreadable),
                parts=tuple(
                    join(
                        aggregate.name,
                        [tuple(_decimal(values[place]) for place in part) for values in groups],
                    )
                    for aggregate, part in zip(rule.aggregates, places.parts, strict=True)
                ),
                samples=(),
            )
            for rule, places in zip(self.rules, self._places, strict=True)
        )

    def broken(self, rule: Rule) -> BoundSql:
        """Give the condition that a row breaks a rule."""
        return self._text.violated(rule.tree)

    def _place(self, rule: Rule) -> _Places:
        unreadable = self._text.unreadable(rule.tree)
        return _Places(
            None if rule.config.condition is None else self._count(self._text.violated(rule.tree)),
            None if unreadable is None else self._count(unreadable),
            tuple(
                tuple(self._aggregates.place(part) for part in self._text.parts(aggregate))
                for aggregate in rule.aggregates
            ),
        )

    def _count(self, condition: BoundSql) -> int:
        return self._aggregates.place(filled("COUNT(CASE WHEN {} THEN 1 END)", condition))


def is_additive(rule: Rule) -> bool:
    """Tell whether a rule's value over all rows follows from its values over the rows of each day."""
    return not any(aggregate.name in FILE_ONLY for aggregate in rule.aggregates)


def table_rules(config: FeedConfig, files: int) -> tuple[tuple[Rule, ...], tuple[Rule, ...]]:
    """Give the rules that a load table can be held against, and those that it cannot: it knows no files."""
    rules = rules_of(config)
    unknown = [rule for rule in rules if rule.config.aggregate and rule.config.per == "file" and files != 1]
    return tuple(rule for rule in rules if rule not in unknown), tuple(unknown)


def named_columns(rule: Rule) -> tuple[str, ...]:
    """Give the columns that a rule names, in its order."""
    return tuple(dict.fromkeys(node.name for node in walk(rule.tree) if isinstance(node, Column)))


def table_text(config: FeedConfig, month: Month, load_table: TableName, warehouse: Warehouse) -> TableText:
    """Give the writer of SQL for a load table, whose types it asks for (DESCRIBE TABLE needs no warehouse)."""
    described = warehouse.query(f"DESCRIBE TABLE {quoted_table(load_table)}").records()
    types = known_types({str(column["name"]): str(column["type"]) for column in described})
    days = month.days()
    facts: dict[FactName, date | int] = {
        "month_first_day": days[0],
        "month_last_day": days[-1],
        "month_days": len(days),
    }
    return TableText(TableNames(types, formats_of(config), facts))


def formats_of(config: FeedConfig) -> dict[str, str]:
    """Give the feed's formats by the kind of value that they write."""
    form = config.format
    return {"date": form.date_format, "time": form.time_format, "timestamp": form.timestamp_format}


def known_types(described: Mapping[str, str]) -> dict[str, ColumnType]:
    """Give the types of columns by name, from DESCRIBE TABLE's words; those that are unknown here are left out."""
    types = {}
    for name, text in described.items():
        with suppress(ValueError):
            types[name] = read_column_type(text)
    return types


def _total(groups: Sequence[Values], place: int | None) -> int:
    return 0 if place is None else sum(int(str(values[place])) for values in groups)


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))
