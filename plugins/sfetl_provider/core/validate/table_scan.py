"""The one scan of a table, put into months."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from sfetl_provider.core.audit.day_scan import Aggregates, DayGroup, scan_days
from sfetl_provider.core.config.model import FeedConfig
from sfetl_provider.core.plan.fiscal_month import month_of
from sfetl_provider.core.plan.month import Month
from sfetl_provider.core.ports import Warehouse
from sfetl_provider.core.validate.day_span import DaySpan
from sfetl_provider.core.validate.month_days import months_within, present_months, split_by_month
from sfetl_provider.core.validate.statements import days_statement
from sfetl_provider.core.validate.table_facts import TableFacts


@dataclass(frozen=True)
class Scope:
    """The part of a table that is scanned, and the months that must be there, where these are known before."""

    months: tuple[Month, ...] = ()
    span: DaySpan = field(default_factory=DaySpan)
    has_gaps: bool = False


@dataclass(frozen=True)
class TableScan:
    """What was found by day, and the months that this is about; `others` lie in none of them."""

    months: tuple[Month, ...]
    inside: Mapping[str, Mapping[date, DayGroup]]
    others: Mapping[date, int]
    undated: int
    query_id: str

    @property
    def month_rows(self) -> dict[str, int]:
        """Rows by month."""
        return {name: sum(group.rows for group in days.values()) for name, days in self.inside.items()}

    @property
    def rows(self) -> int:
        """All rows."""
        return self.undated + sum(self.others.values()) + sum(self.month_rows.values())


def scope_of(config: FeedConfig, months: Collection[Month], span: DaySpan) -> Scope:
    """Give what is scanned for months, or for a span of days, or for neither.

    Raises MonthError for a month that the feed does not have.
    """
    if months:
        wanted = tuple(sorted(month_of(config, month) for month in months))
        return Scope(wanted, DaySpan(wanted[0].first_day, wanted[-1].days()[-1]), has_gaps=True)
    if span.first and span.last:
        return Scope(months_within(config, span.first, span.last), span)
    return Scope(span=span)


def scan_table(
    warehouse: Warehouse,
    config: FeedConfig,
    facts: TableFacts,
    asked: tuple[Scope, Aggregates],
    recorded: Collection[str],
) -> TableScan:
    """Scan a table once; `recorded` are the months that the ledger knows, which may have no rows."""
    scope, aggregates = asked
    scan = scan_days(warehouse, days_statement(facts, scope.span, aggregates.listed))
    groups = {group.day: group for group in scan.groups if group.day is not None}
    months = scope.months or tuple(
        month for month in present_months(config, groups, recorded) if scope.span.part_of(month)
    )
    inside, others = split_by_month(groups, months)
    return TableScan(
        months=months,
        inside=inside,
        # Days between months that were asked for were scanned, and nobody asked for them.
        others={} if scope.has_gaps else {day: group.rows for day, group in others.items()},
        undated=sum(group.rows for group in scan.groups if group.day is None),
        query_id=scan.query_id,
    )
